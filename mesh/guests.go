package mesh

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/transport"
	manet "github.com/multiformats/go-multiaddr/net"

	"github.com/signalmesh/signalmesh/mesh/admission"
)

var (
	errDisplaced = errors.New("mesh: too many connections are not admitted yet; a new one took the place of this one")
	errTooLate   = errors.New("mesh: the peer was not admitted in time")
)

// guests are the connections that peers opened and that are not admitted yet: from
// the moment that they are accepted, before any handshake, until they are admitted or
// closed. It may be used concurrently.
type guests struct {
	lobby     *admission.Lobby
	timeout   time.Duration
	displaced func(from net.Addr) // reports a connection that lost its place; must not block

	late, refused atomic.Uint64
}

func newGuests(o Options) *guests {
	return &guests{lobby: admission.NewLobby(o.Unadmitted), timeout: o.AdmissionTimeout, displaced: func(net.Addr) {}}
}

// A guest is one of them.
type guest struct {
	manet.Conn
	all      *guests
	place    *admission.Place
	deadline *time.Timer

	mu     sync.Mutex
	cancel context.CancelCauseFunc // of the handshakes; nil: none is under way
}

// enter makes a guest of a connection. ok is false if there is no place for it.
func (gs *guests) enter(conn manet.Conn) (g *guest, ok bool) {
	g = &guest{Conn: conn, all: gs}
	g.place = gs.lobby.Enter(addressOf(conn), func() {
		gs.displaced(conn.RemoteAddr())
		g.end(errDisplaced)
	})
	if g.place == nil {
		gs.refused.Add(1)
		gs.displaced(conn.RemoteAddr())
		return nil, false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.deadline = time.AfterFunc(gs.timeout, func() {
		gs.late.Add(1)
		g.end(errTooLate)
	})
	return g, true
}

// end ends the handshakes of the guest, which then close the connection, or closes it
// if there are none.
func (g *guest) end(cause error) {
	g.mu.Lock()
	cancel := g.cancel
	g.mu.Unlock()
	if cancel != nil {
		cancel(cause)
		return
	}
	_ = g.Conn.Close() // its reader notices
}

// begin returns a context for the handshakes of the guest, which ends when the guest
// has to go. done has to be called when the handshakes have ended.
func (g *guest) begin(ctx context.Context) (_ context.Context, done func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	g.setCancel(cancel)
	return ctx, func() {
		g.setCancel(nil)
		cancel(nil)
	}
}

func (g *guest) setCancel(f context.CancelCauseFunc) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.cancel = f
}

// leave ends the limits of the guest, because it is admitted or closed.
func (g *guest) leave() {
	g.mu.Lock()
	g.deadline.Stop()
	g.mu.Unlock()
	g.place.Leave()
}

// Close closes the connection. It may be called more than once.
func (g *guest) Close() error {
	g.leave()
	return g.Conn.Close()
}

// A reception is an upgrader whose listeners make guests of the connections that they
// accept.
type reception struct {
	transport.Upgrader
	guests *guests
}

// UpgradeListener implements transport.Upgrader.
func (r *reception) UpgradeListener(t transport.Transport, l manet.Listener) transport.Listener {
	return r.UpgradeGatedMaListener(t, r.GateMaListener(l))
}

// UpgradeGatedMaListener implements transport.Upgrader.
func (r *reception) UpgradeGatedMaListener(t transport.Transport, l transport.GatedMaListener) transport.Listener {
	return r.Upgrader.UpgradeGatedMaListener(t, &guestListener{l, r.guests})
}

type guestListener struct {
	transport.GatedMaListener
	guests *guests
}

// Accept returns the next connection for which there is a place.
func (l *guestListener) Accept() (manet.Conn, network.ConnManagementScope, error) {
	for {
		conn, scope, err := l.GatedMaListener.Accept()
		if err != nil {
			return nil, nil, err
		}
		if g, ok := l.guests.enter(conn); ok {
			return g, scope, nil
		}
		_ = conn.Close() // nothing was written to it
		scope.Done()
	}
}
