//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
)

const faultsName = "faults"

// cutLasting is how long a server is cut off: longer than the mesh needs to suspect it,
// and shorter than until it is given up.
const cutLasting = 5 * time.Second

// faultsPatience is how long nothing may arrive before the rest is called lost: long
// enough for broken connections to be noticed and made anew.
const faultsPatience = 10 * time.Second

// A Fault is what came of a restart or a cut under load, between the servers that lived
// through it.
type Fault struct {
	Contestant, What string
	Accepted         int    // what each server offered to each other, and was not refused
	Refused          int    // publishing failed, and the publisher was told
	Delivered        int    //
	Gaps             uint64 // times that a server was told of a gap
	Reported         uint64 // messages that were said to be lost
	Silent           int    // neither delivered nor reported
}

// faults restarts what can be restarted of the mesh and of Redis, and cuts a server off.
func (s settings) faults(ctx context.Context, stdout io.Writer) (all []Fault, err error) {
	const cutting = cutLasting + 3*time.Second
	restarting := 7 * time.Second
	if s.quick {
		restarting = 4 * time.Second
	}
	for _, c := range []struct {
		contestant, what string
		lasting          time.Duration // of the load
		quick            bool          // it is done with -quick too
		do               func(*fleet) func(context.Context) error
	}{
		{contestantMesh, "one of 3 servers killed, and started again after 1 s", restarting, true, (*fleet).restartServer},
		{contestantRedis, "one of 3 servers killed, and started again after 1 s", restarting, false, (*fleet).restartServer},
		{contestantRedis, "the Redis server killed, and started again after 1 s", restarting, true, (*fleet).restartRedis},
		{contestantMesh, "one of the two cut off for 5 s", cutting, false, (*fleet).cutServer},
		{contestantRedis, "one of the two cut off for 5 s", cutting, false, (*fleet).cutServer},
		{contestantMesh, "one of the two cut off for 5 s, and its connections end", cutting, true, (*fleet).severServer},
		{contestantRedis, "one of the two cut off for 5 s, and its connections end", cutting, true, (*fleet).severServer},
	} {
		if !slices.Contains(s.contestants, c.contestant) || s.quick && !c.quick {
			continue
		}
		fmt.Fprintf(stdout, "%s: %s, %s …\n", faultsName, c.contestant, c.what)
		f, err := s.fault(ctx, c.contestant, c.lasting, c.do)
		if err != nil {
			return all, fmt.Errorf("%s: %s, %s: %w", faultsName, c.contestant, c.what, err)
		}
		f.What = c.what
		all = append(all, f)
	}
	return all, nil
}

// fault has servers 0 and 1 publish to each other, and server 2 listen, while
// something is done to them.
func (s settings) fault(ctx context.Context, contestant string, lasting time.Duration, do func(*fleet) func(context.Context) error) (out Fault, err error) {
	f, err := startFleet(ctx, contestant, 3, "-cable")
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, f.close()) }()
	f.trials++
	begin := now() + int64(300*time.Millisecond)
	l := Load{
		Trial: f.trials, Channel: "faults", Size: 256, Publishers: pacers, Rate: 1_000,
		Begin: begin, From: begin, End: begin + int64(lasting), To: begin + int64(lasting),
	}
	if err := each(f.all(), func(_, i int) error {
		_, err := f.ask(ctx, i, Command{Op: opPrepare, Load: l, Subscribe: true})
		return err
	}); err != nil {
		return out, err
	}
	broken := make(chan error, 1)
	go func() { // ends with ctx or what is done
		if err := pause(ctx, begin+int64(time.Second)); err != nil {
			broken <- err
			return
		}
		broken <- do(f)(ctx)
	}()
	t := trial{publishers: []int{0, 1}, subscribers: []int{0, 1}}
	sent := make([]Sent, f.size)
	err = each(t.publishers, func(_, i int) error {
		reply, err := f.ask(ctx, i, Command{Op: opPublish, Load: l})
		sent[i] = reply.Sent
		return err
	})
	if err := errors.Join(err, <-broken); err != nil {
		return out, err
	}
	missing, err := f.awaitArrival(ctx, t, sent, faultsPatience)
	if err != nil {
		return out, err
	}
	out = Fault{Contestant: contestant, Accepted: sent[0].Accepted + sent[1].Accepted, Refused: sent[0].Refused + sent[1].Refused}
	out.Delivered = out.Accepted - missing
	for _, i := range t.subscribers {
		reply, err := f.ask(ctx, i, Command{Op: opFinish, Load: l})
		if err != nil {
			return out, err
		}
		out.Gaps += reply.Arrived.Gaps
		out.Reported += reply.Arrived.Lost
	}
	out.Silent = max(0, missing-int(out.Reported))
	return out, nil
}

// cutServer cuts server 1 off, and its connections outlive that.
func (f *fleet) cutServer() func(context.Context) error { return f.cut(false) }

// severServer cuts server 1 off, and its connections end with that.
func (f *fleet) severServer() func(context.Context) error { return f.cut(true) }

func (f *fleet) cut(sever bool) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := f.ask(ctx, 1, Command{Op: opCut, Lasting: cutLasting, Sever: sever})
		return err
	}
}

// restartServer kills server 2 and starts another in its place.
func (f *fleet) restartServer() func(context.Context) error {
	return func(ctx context.Context) error {
		f.processes[2].kill()
		if err := pause(ctx, now()+int64(time.Second)); err != nil {
			return err
		}
		p, err := f.startProcess(2, 1)
		if err != nil {
			return err
		}
		f.processes[2] = p
		_, err = p.ask(ctx, Command{Op: opConnect, Addresses: []string{f.processes[0].address, p.address}, Servers: f.size})
		return err
	}
}

// restartRedis kills Redis and starts it again.
func (f *fleet) restartRedis() func(context.Context) error {
	return func(ctx context.Context) error {
		f.redis.kill()
		if err := pause(ctx, now()+int64(time.Second)); err != nil {
			return err
		}
		return f.redis.start(ctx)
	}
}
