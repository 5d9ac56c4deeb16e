package mesh

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"

	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/sec"
	"github.com/libp2p/go-libp2p/p2p/net/swarm"
	"github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"
	"github.com/multiformats/go-multistream"

	"github.com/signalmesh/signalmesh/mesh/admission"
)

// Dial connects to whoever is at addr and returns its peer ID. libp2p only dials
// a peer whose ID is known, so without /p2p/… in addr the handshake is run once
// to learn it. The errors to expect are ErrSelf, ErrRefused, ErrForeign, or that
// nobody can be reached there.
func (m *Mesh) Dial(ctx context.Context, addr multiaddr.Multiaddr) (peerID string, err error) {
	ctx, cancel := context.WithTimeout(ctx, m.o.DialTimeout)
	defer cancel()
	addr, id := peer.SplitAddr(addr)
	if id == "" {
		if id, addr, err = m.identify(ctx, addr); err != nil {
			return "", err
		}
	}
	if id == m.host.ID() {
		return id.String(), ErrSelf
	}
	return id.String(), m.connect(ctx, peer.AddrInfo{ID: id, Addrs: []multiaddr.Multiaddr{addr}})
}

// identify asks who is at addr, and where that is once names are resolved.
func (m *Mesh) identify(ctx context.Context, addr multiaddr.Multiaddr) (peer.ID, multiaddr.Multiaddr, error) {
	tcp, where, err := manet.DialArgs(addr)
	if err != nil {
		return "", nil, fmt.Errorf("dial %s: %w", addr, err)
	}
	conn, err := m.o.network().DialContext(ctx, tcp, where)
	if err != nil {
		return "", nil, plain(err)
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	answer := &answer{Conn: conn}
	if err := multistream.SelectProtoOrFail(secureProtocol, answer); err != nil {
		return "", nil, answer.foreign(err)
	}
	id, err := m.secure.identify(ctx, answer)
	if err != nil {
		return "", nil, answer.foreign(err)
	}
	resolved, err := manet.FromNetAddr(conn.RemoteAddr())
	if err != nil {
		return "", nil, fmt.Errorf("dial %s: %w", addr, err)
	}
	return id, resolved, nil
}

// connect dials a peer unless it is connected. What libp2p remembers of earlier
// failures must not delay it: its back-off would skip dials for up to 5 minutes.
func (m *Mesh) connect(ctx context.Context, info peer.AddrInfo) error {
	m.swarm.Backoff().Clear(info.ID)
	if err := m.host.Connect(ctx, info); err != nil {
		return plain(err)
	}
	return nil
}

// plain reduces an error of dialling to its cause, in words an operator knows.
func plain(err error) error {
	var op *net.OpError
	var dial *swarm.DialError
	var refused *admission.Refusal
	switch {
	case errors.As(err, &refused):
		return refused
	case errors.As(err, &dial) && len(dial.DialErrors) > 0:
		return plain(dial.DialErrors[0].Cause)
	case errors.As(err, &op):
		return op.Err
	}
	return err
}

// dead reports whether a failed dial shows that the peer itself is gone: nothing
// listens at its addresses, or another process does, which may be this one in the
// place of a process that was killed. Addresses that this machine has no route to, such
// as IPv6 addresses on a machine without IPv6, do not count.
func dead(err error) bool {
	var dial *swarm.DialError
	if !errors.As(err, &dial) {
		return false
	}
	proofs := 0
	for _, e := range dial.DialErrors {
		var other sec.ErrPeerIDMismatch
		switch {
		case errors.Is(e.Cause, syscall.ECONNREFUSED), errors.As(e.Cause, &other), errors.Is(e.Cause, swarm.ErrDialToSelf):
			proofs++
		case !noRoute(e.Cause):
			return false
		}
	}
	return proofs > 0
}

// noRoute reports whether this machine cannot send to an address at all.
func noRoute(err error) bool {
	return errors.Is(err, syscall.ENETUNREACH) || errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, syscall.EAFNOSUPPORT)
}
