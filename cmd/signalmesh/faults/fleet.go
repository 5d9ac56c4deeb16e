//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/signalmesh/signalmesh/simulations/netlab"
)

// How long the fleet may take for what it is waited for.
const (
	readyLimit  = 20 * time.Second
	meshLimit   = 30 * time.Second
	settleLimit = 10 * time.Second
	pollEvery   = 100 * time.Millisecond
)

// A server is one place in the fleet: a host, the process on it, and its client,
// which publishes and receives.
type server struct {
	index     int
	host      *netlab.Host
	life      life
	peer      string // its peer ID in this life
	process   *process
	client    *client
	publisher *publisher
}

func (s *server) String() string { return fmt.Sprint("node-", s.index+1) }

// multiaddr is where peers reach it.
func (s *server) multiaddr() string { return "/ip4/" + s.host.Addr.String() + "/tcp/" + peerPort }

// A fleet is the servers of one mesh, on one wire.
type fleet struct {
	o       fleetOptions
	wire    *netlab.Wire
	folder  string
	servers []*server
	ledger  *Ledger
	paused  atomic.Bool // the publishers wait

	mu    sync.Mutex
	names map[string]life // of peer IDs
}

type fleetOptions struct {
	size, rate int
	seed       uint64
	flags      []string // for every node
	spared     int      // so many servers, the first ones, are not to be ended
}

// newFleet makes the hosts and starts a node on each. ctx bounds that.
func newFleet(ctx context.Context, o fleetOptions) (_ *fleet, err error) {
	f := &fleet{o: o, wire: netlab.NewWire(o.seed), ledger: newLedger(), names: map[string]life{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.close())
		}
	}()
	if f.folder, err = os.MkdirTemp("", "signalmesh-faults-"); err != nil {
		return nil, err
	}
	for i := range o.size {
		h, err := netlab.NewHost(address(i, 1), filepath.Join(f.folder, fmt.Sprint(i+1)))
		if err != nil {
			return nil, err
		}
		f.wire.Attach(h)
		f.servers = append(f.servers, &server{index: i, host: h})
	}
	for _, s := range f.servers {
		if err := f.launch(s); err != nil {
			return nil, err
		}
	}
	for _, s := range f.servers {
		if err := f.greet(ctx, s); err != nil {
			return nil, err
		}
	}
	if err := f.join(ctx); err != nil {
		return nil, err
	}
	return f, nil
}

// address is the nth of a server, in a network that is documentation's (RFC 5737).
func address(server, n int) netip.Addr {
	return netip.AddrFrom4([4]byte{192, 0, 2, byte(10*(server+1) + n)})
}

// start starts a server anew and returns when it publishes.
func (f *fleet) start(ctx context.Context, s *server) error {
	if err := f.launch(s); err != nil {
		return err
	}
	if err := f.greet(ctx, s); err != nil {
		return err
	}
	return f.join(ctx)
}

// launch starts the next life of a server.
func (f *fleet) launch(s *server) (err error) {
	s.life = life{s.index, s.life.number + 1}
	flags := f.o.flags
	for _, other := range f.servers {
		if other != s {
			flags = append(flags[:len(flags):len(flags)], "--bootstrap", other.host.Addr.String()+":"+peerPort)
		}
	}
	s.process, err = startProcess(s.host, s.String(), flags...)
	return err
}

// greet waits until a server is ready, and connects its client.
func (f *fleet) greet(ctx context.Context, s *server) error {
	err := await(ctx, readyLimit, s.String()+" to be ready", func() bool {
		status, err := s.process.status(ctx)
		s.peer = status.Peer
		return err == nil && status.Ready || s.process.over()
	})
	if err == nil && s.process.over() {
		err = fmt.Errorf("%s ended before it was ready", s)
	}
	if err != nil {
		return fmt.Errorf("%w; its log ends with:\n%s", err, s.process.tail(15))
	}
	f.mu.Lock()
	f.names[s.peer] = s.life
	f.mu.Unlock()
	self := s.life
	s.client, err = connect(ctx, s.host, userName(s.index), func(text string) { f.ledger.take(self, text) })
	if err != nil {
		return fmt.Errorf("%s: %w", s, err)
	}
	for i := range f.o.size {
		if !inGroup(i, s.index, f.o.size) {
			continue
		}
		if err := s.client.call(ctx, "Join", groupName(i)); err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
	}
	return nil
}

// join waits until all servers see each other, opens the accounts that are not open
// yet, and has everybody publish.
func (f *fleet) join(ctx context.Context) error {
	if err := f.whole(ctx); err != nil {
		return err
	}
	for _, from := range f.servers {
		for _, c := range channels(from.life, f.o.size) {
			for _, to := range f.servers {
				if wants(c, to.index, f.o.size) {
					f.ledger.open(c, to.life)
				}
			}
		}
	}
	for _, s := range f.servers {
		if s.publisher == nil {
			s.publisher = &publisher{
				life: s.life, size: f.o.size, client: s.client, ledger: f.ledger, paused: &f.paused, stop: make(chan struct{}),
			}
			s.publisher.run(f.o.rate)
		}
	}
	return nil
}

// kill ends a server's process by force, and stop in order, while its client still
// publishes. The client goes with it.
func (f *fleet) kill(s *server) {
	s.process.kill()
	f.bury(s, true)
}

func (f *fleet) stop(s *server) error {
	err := s.process.stop()
	f.bury(s, false)
	return err
}

func (f *fleet) bury(s *server, byForce bool) {
	if s.client != nil {
		s.client.close()
		s.client = nil
	}
	if s.publisher != nil {
		s.publisher.end()
		s.publisher = nil
	}
	f.ledger.end(s.life, byForce)
}

// freeze stops a server's process in its tracks, as a machine that hangs does, and
// thaw lets it go on.
func (f *fleet) freeze(s *server) error { return s.process.signal(syscall.SIGSTOP) }
func (f *fleet) thaw(s *server) error   { return s.process.signal(syscall.SIGCONT) }

// close ends everything.
func (f *fleet) close() error {
	for _, s := range f.servers {
		if s.process != nil {
			s.process.kill()
			f.bury(s, true)
		}
		s.host.Close()
	}
	f.wire.Wait()
	return os.RemoveAll(f.folder)
}
