package mesh

import (
	"bufio"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/mesh/frame"
)

// A peer that has the Hello of a server and has not sent its own takes the server for a
// member. A server that leaves at this moment says goodbye to it too.
func TestAPeerThatHasNotSentItsHelloGetsTheGoodbye(t *testing.T) {
	s := besiege(t)
	streams := make(chan network.Stream, 1)
	s.attacker.SetStreamHandler(framesProtocol, func(st network.Stream) { streams <- st })
	require.NoError(t, s.attacker.Connect(t.Context(), peer.AddrInfo{ID: s.target.mesh.host.ID(), Addrs: s.target.mesh.Addrs()}))
	st := <-streams
	frames := bufio.NewReader(st)
	require.NoError(t, st.SetReadDeadline(time.Now().Add(time.Minute)))
	f, err := readFrame(frames)
	require.NoError(t, err)
	require.IsType(t, frame.Hello{}, f)
	s.await(func() bool {
		s.target.mu.Lock()
		defer s.target.mu.Unlock()
		l := s.target.links[s.attacker.ID()]
		return l != nil && l.asked
	}, "the Hello of the target is counted")

	closed := make(chan error, 1)
	go func() { closed <- s.target.Close() }()
	s.await(func() bool {
		s.target.mu.Lock()
		defer s.target.mu.Unlock()
		return s.target.closing
	}, "the target leaves")
	own := s.hello(nil)
	for f, err = readFrame(frames); err == nil; f, err = readFrame(frames) {
		if _, bye := f.(frame.Bye); bye {
			break
		}
	}
	require.NoError(t, err, "no goodbye")
	require.NoError(t, own.Close())
	require.NoError(t, st.Close())
	assert.NoError(t, <-closed)
}
