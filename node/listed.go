package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/multiformats/go-multiaddr"

	"github.com/signalmesh/signalmesh/mesh"
)

// A listed is a server that client.ncconf lists. It is found if a member has its address,
// if a peer answers there, or if the address belongs to this node.
type listed struct {
	name    string
	addrs   []multiaddr.Multiaddr // the candidates
	peer    string                // that answered last; empty if none did
	self    bool                  // the address belongs to this node
	reason  string                // why it was not found; empty if it was
	again   time.Time             // when to dial it again
	missing bool                  // it was logged as missing
}

// report logs the change if the server becomes missing or is found.
func (l *listed) report(log *slog.Logger, missing bool) {
	switch {
	case missing && !l.missing:
		log.Warn("expected server not found; start it, or remove it from the list of servers", "address", l.name, "err", l.reason)
	case !missing && l.missing:
		log.Info("expected server found", "address", l.name)
	}
	l.missing = missing
}

// is reports whether the server is one of the members: the member that answered at its
// address, or one that advertises its address. Members that are gone count only if they
// are listed as missing.
func (l *listed) is(members []mesh.Member) bool {
	for _, m := range members {
		if m.State == "gone" && !m.Missing || m.Peer != l.peer && !l.at(m.Addrs) {
			continue
		}
		l.peer, l.reason = m.Peer, ""
		return true
	}
	return false
}

// at reports whether the server has one of these addresses.
func (l *listed) at(addrs []string) bool {
	return slices.ContainsFunc(l.addrs, func(a multiaddr.Multiaddr) bool { return slices.Contains(addrs, a.String()) })
}

// A dialFunc dials an address and returns the peer that answered, as mesh.Mesh.Dial does.
type dialFunc = func(context.Context, multiaddr.Multiaddr) (peerID string, err error)

// look dials the addresses of the server until a peer answers and admits this node. The
// peer may run another application of the cache. The peer that answered last is tried
// first, since another one may have replaced it.
func (l *listed) look(ctx context.Context, dial dialFunc) {
	l.self, l.reason = false, ""
	errs := l.try(ctx, dial)
	if errs != nil && l.peer != "" {
		l.peer = ""
		errs = l.try(ctx, dial)
	}
	switch {
	case len(errs) == 1:
		l.reason = errs[0].Error()
	case len(errs) > 1:
		l.reason = fmt.Sprintf("%v; nor at the %d ports after it", errs[0], len(errs)-1)
	}
}

// try dials each address until a peer answers. It returns nil then, and otherwise the
// error of each address.
func (l *listed) try(ctx context.Context, dial dialFunc) (errs []error) {
	for _, addr := range l.addrs {
		id, err := dial(ctx, l.known(addr))
		switch {
		case errors.Is(err, mesh.ErrSelf):
			l.self = true
			return nil
		case err == nil:
			l.peer = id
			return nil
		}
		errs = append(errs, plain(err))
	}
	return errs
}

// plain returns why a dial failed, without the name of the system call.
func plain(err error) error {
	var call *os.SyscallError
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return errors.New("no answer")
	case errors.As(err, &call):
		return call.Err
	}
	return err
}

// known returns addr with the peer ID that answered last, so that an existing connection
// is found without another handshake.
func (l *listed) known(addr multiaddr.Multiaddr) multiaddr.Multiaddr {
	if _, id := peer.SplitAddr(addr); id != "" || l.peer == "" {
		return addr
	}
	part, err := multiaddr.NewComponent("p2p", l.peer)
	if err != nil {
		return addr
	}
	return addr.Encapsulate(part)
}
