package mesh

import (
	"testing"

	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/multiformats/go-multiaddr"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWhoseAddressIsFreeOrTakenIsDead(t *testing.T) {
	listen, err := multiaddr.NewMultiaddr("/ip4/127.0.0.1/tcp/0")
	require.NoError(t, err)
	open := func() *Mesh {
		m, err := New(Options{Cache: "demo", Listen: []multiaddr.Multiaddr{listen}})
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, m.Close()) })
		return m
	}
	m, other, ended := open(), open(), open()
	free := ended.Addrs()
	require.NoError(t, ended.Close())
	for where, addrs := range map[string][]multiaddr.Multiaddr{
		"nobody is there": free, "another is there": other.Addrs(), "we are there": m.Addrs(),
	} {
		_, killed, err := identity(Options{}) // one for each: the peerstore forgets no address
		require.NoError(t, err)
		err = m.host.Connect(t.Context(), peer.AddrInfo{ID: killed, Addrs: addrs})
		assert.True(t, dead(err), "%s: %v", where, err)
	}
}
