//go:build linux

package main

import (
	"context"
	"errors"
	"net/http"
)

// An action is done to the servers while clients are connected.
type action struct {
	name string
	// story describes the action in the manual.
	story string
	// run does it. Its waits are part of the measurement, which continues after
	// errUnclean.
	run func(ctx context.Context, f *fleet) error
	// restore makes the fleet whole again. It is not measured.
	restore func(ctx context.Context, f *fleet) error
	// graceful reports whether the goals apply.
	graceful bool
}

var actions = []action{
	{
		name:  "SIGTERM",
		story: "One of the three servers is stopped with SIGTERM.",
		run: func(ctx context.Context, f *fleet) error {
			return f.servers[1].stop(ctx)
		},
		restore: func(ctx context.Context, f *fleet) error {
			return f.restart(ctx, f.servers[1])
		},
		graceful: true,
	},
	{
		name:  "kill -9",
		story: "One server is killed with SIGKILL.",
		run: func(ctx context.Context, f *fleet) error {
			f.servers[2].process.kill()
			return nil
		},
		restore: func(ctx context.Context, f *fleet) error {
			return f.restart(ctx, f.servers[2])
		},
	},
	{
		name:  "drain and undrain",
		story: "One server is drained (`POST /api/drain`), and undrained when its clients have left (`DELETE /api/drain`).",
		run: func(ctx context.Context, f *fleet) error {
			s := f.servers[1]
			if err := s.drain(ctx, http.MethodPost); err != nil {
				return err
			}
			if err := s.empty(ctx); err != nil {
				return err
			}
			if err := s.drain(ctx, http.MethodDelete); err != nil {
				return err
			}
			return f.returned(ctx, s)
		},
		graceful: true,
	},
	{
		name:  "rolling restart",
		story: "The three servers are stopped with SIGTERM and started again, one at a time. The next one is stopped when every balancer sends clients to the one before.",
		run: func(ctx context.Context, f *fleet) error {
			var unclean error
			for _, s := range f.servers {
				err := s.stop(ctx)
				if err != nil && !errors.Is(err, errUnclean) {
					return err
				}
				unclean = errors.Join(unclean, err)
				if err := f.restart(ctx, s); err != nil {
					return err
				}
			}
			return unclean
		},
		graceful: true,
	},
}

// restart starts a server that has ended, and waits until every balancer sends clients
// to it.
func (f *fleet) restart(ctx context.Context, s *server) error {
	if err := s.start(ctx, f.program); err != nil {
		return err
	}
	return f.returned(ctx, s)
}

// measure does an action and returns a row for each balancer, and notes that help to
// explain a failure. If it returns rows and an error, the fleet is whole again.
func (f *fleet) measure(ctx context.Context, a action) ([]row, []string, error) {
	if err := f.crowd.begin(ctx); err != nil {
		return nil, nil, err
	}
	unclean := a.run(ctx, f)
	if unclean != nil && !errors.Is(unclean, errUnclean) {
		return nil, nil, unclean
	}
	accounts, err := f.crowd.settle(ctx)
	if err != nil {
		return nil, nil, err
	}
	if a.restore != nil {
		if err := a.restore(ctx, f); err != nil {
			return nil, nil, err
		}
	}
	rows := accounts.rows(a.name, f.kinds())
	for i := range rows {
		if a.graceful {
			rows[i].hold()
		}
	}
	return rows, append(accounts.worst(8), accounts.commonest(8)...), unclean
}
