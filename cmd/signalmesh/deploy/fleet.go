//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A fleet is three servers, the balancers in front of them, their clients, and a fourth
// server that no balancer sends clients to. The publisher is connected to the fourth.
//
// Every balancer has the same servers and different clients, so that one action is
// measured behind all of them at the same time.
type fleet struct {
	folder    string
	program   string
	servers   []*server
	publisher *server
	balancers []*balancer
	crowd     *crowd
}

// newFleet starts everything and waits until all clients are connected.
func newFleet(ctx context.Context, o options) (_ *fleet, err error) {
	f := &fleet{program: o.program}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("start the fleet: %w", err), f.close())
		}
	}()
	if f.folder, err = os.MkdirTemp("", "signalmesh-deploy-"); err != nil {
		return nil, err
	}
	a := newAddresses()
	if err := f.startServers(ctx, o, a); err != nil {
		return nil, err
	}
	for i, k := range o.balancers {
		b, err := newBalancer(ctx, k, filepath.Join(f.folder, fmt.Sprint("balancer-", i)), a, f.servers)
		if err != nil {
			return nil, err
		}
		f.balancers = append(f.balancers, b)
	}
	if f.crowd, err = newCrowd(f.folder, o.clientScript); err != nil {
		return nil, err
	}
	return f, f.crowd.connect(ctx, f.publisher, f.balancers, o.clients, o.rate)
}

// startServers starts the four servers, each of which is given the addresses of the
// others.
func (f *fleet) startServers(ctx context.Context, o options, a *addresses) error {
	var all []*server
	for _, name := range []string{"web-1", "web-2", "web-3", "publisher"} {
		s, err := newServer(name, f.folder, a)
		if err != nil {
			return err
		}
		all = append(all, s)
	}
	for _, s := range all {
		for _, other := range all {
			if other != s {
				s.command = append(s.command, "--bootstrap", other.peers)
			}
		}
		s.command = append(s.command, strings.Fields(o.flags)...)
	}
	f.servers, f.publisher = all[:3], all[3]
	for _, s := range all {
		if err := s.start(ctx, o.program); err != nil {
			return err
		}
	}
	return nil
}

// returned waits until a server is ready and every balancer sends clients to it.
func (f *fleet) returned(ctx context.Context, s *server) error {
	if err := s.ready(ctx); err != nil {
		return err
	}
	for _, b := range f.balancers {
		if err := b.returned(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// kinds returns the kinds of the balancers.
func (f *fleet) kinds() []kind {
	var kinds []kind
	for _, b := range f.balancers {
		kinds = append(kinds, b.kind)
	}
	return kinds
}

// processes returns all processes that were started last.
func (f *fleet) processes() []*process {
	var all []*process
	for _, s := range append(slices.Clone(f.servers), f.publisher) {
		if s != nil && s.process != nil {
			all = append(all, s.process)
		}
	}
	for _, b := range f.balancers {
		all = append(all, b.process)
	}
	if f.crowd != nil {
		all = append(all, f.crowd.process)
	}
	return all
}

// close ends all processes and removes their files.
func (f *fleet) close() error {
	if f.crowd != nil {
		f.crowd.close()
	}
	for _, p := range f.processes() {
		p.kill()
	}
	return os.RemoveAll(f.folder)
}
