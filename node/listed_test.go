package node

import (
	"context"
	"errors"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/multiformats/go-multiaddr"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/discovery"
	"github.com/signalmesh/signalmesh/mesh"
)

const peerID = "12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp"

// listedAt returns a listed server with these addresses.
func listedAt(t *testing.T, addrs ...string) *listed {
	seed := discovery.Seed{}
	for _, text := range addrs {
		s, err := discovery.ParseSeed(text)
		require.NoError(t, err)
		seed.Addrs = append(seed.Addrs, s.Addrs...)
	}
	e := newExpected(0, []discovery.Seed{{Addrs: seed.Addrs, Balanced: 5}, seed})
	require.Len(t, e.listed, 1, "a load balancer is not a server")
	return e.listed[0]
}

func TestListedServersAreDialled(t *testing.T) {
	l := listedAt(t, "10.0.0.3:9800", "10.0.0.3:9801", "10.0.0.3:9802")
	refused := os.NewSyscallError("connect", syscall.ECONNREFUSED)
	answers := map[string]error{}
	var dialled []string
	dial := func(_ context.Context, addr multiaddr.Multiaddr) (string, error) {
		dialled = append(dialled, addr.String())
		port, err := addr.ValueForProtocol(multiaddr.P_TCP)
		require.NoError(t, err)
		if err, ok := answers[port]; ok {
			return peerID, err
		}
		return "", refused
	}
	l.look(t.Context(), dial)
	assert.Equal(t, "connection refused; nor at the 2 ports after it", l.reason)
	assert.Empty(t, l.peer)

	answers["9801"] = nil
	dialled = nil
	l.look(t.Context(), dial)
	assert.Empty(t, l.reason)
	assert.Equal(t, peerID, l.peer)
	assert.Equal(t, []string{"/ip4/10.0.0.3/tcp/9800", "/ip4/10.0.0.3/tcp/9801"}, dialled)

	dialled = nil
	l.look(t.Context(), dial)
	assert.Equal(t, "/ip4/10.0.0.3/tcp/9800/p2p/"+peerID, dialled[0], "the peer that answered last comes first")
	assert.Equal(t, peerID, l.peer)

	answers["9801"] = errors.New("another peer answers")
	answers["9802"], dialled = nil, nil
	l.look(t.Context(), dial)
	assert.Equal(t, peerID, l.peer)
	answers["9802"] = refused
	l.look(t.Context(), dial)
	assert.Empty(t, l.peer)
	assert.Equal(t, "/ip4/10.0.0.3/tcp/9800", dialled[len(dialled)-3], "then any peer may answer")

	answers["9800"] = mesh.ErrSelf
	l.look(t.Context(), dial)
	assert.True(t, l.self)
	assert.Empty(t, l.reason)

	answers["9800"] = context.DeadlineExceeded
	delete(answers, "9801")
	l.look(t.Context(), dial)
	assert.False(t, l.self, "the address has moved")
	assert.Equal(t, "no answer; nor at the 2 ports after it", l.reason)
}

func TestListedServersAreFoundAmongTheMembers(t *testing.T) {
	l := listedAt(t, "10.0.0.3:9800")
	addr := []string{"/ip4/10.0.0.3/tcp/9800"}
	assert.False(t, l.is([]mesh.Member{{Peer: "a", State: "alive", Addrs: []string{"/ip4/10.0.0.4/tcp/9800"}}}))
	assert.False(t, l.is([]mesh.Member{{Peer: "b", State: "gone", Addrs: addr}}), "it was replaced or removed from the list")
	assert.True(t, l.is([]mesh.Member{{Peer: "c", State: "gone", Missing: true, Addrs: addr}}), "it is missing by its name")
	assert.Equal(t, "c", l.peer)
	assert.True(t, l.is([]mesh.Member{{Peer: "c", State: "suspect"}}), "it answered there once")
	assert.False(t, l.is(nil))
}

func TestListedServersAreNotDialledAllTheTime(t *testing.T) {
	l := listedAt(t, "10.0.0.3:9800")
	dials := 0
	e := &expected{dial: func(context.Context, multiaddr.Multiaddr) (string, error) {
		dials++
		return "", errors.New("no route")
	}}
	for range 5 {
		e.dialAll(t.Context(), []*listed{l})
	}
	assert.Equal(t, 1, dials)
	l.again = time.Now()
	e.dialAll(t.Context(), []*listed{l})
	assert.Equal(t, 2, dials)
}
