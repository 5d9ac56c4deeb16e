package signalr

import (
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/signalmesh/signalmesh/signalr/protocol"
	"github.com/stretchr/testify/require"
)

// sink is a transport to nowhere, from a client that only shakes hands.
type sink struct {
	handshake string
	sent      *countdown // nil: after the handshake nothing is taken; sends wait for kill
	killed    chan struct{}
	once      sync.Once // of kill
}

func newSink(p protocol.Protocol, sent *countdown) *sink {
	return &sink{handshake: `{"protocol":"` + p.Name() + `","version":1}` + "\x1e", sent: sent, killed: make(chan struct{})}
}

func (s *sink) receive(buf []byte) ([]byte, error) {
	if s.handshake != "" {
		buf = append(buf, s.handshake...)
		s.handshake = ""
		return buf, nil
	}
	<-s.killed
	return buf, errClientGone
}

func (s *sink) send(frames [][]byte) error {
	if s.sent == nil {
		<-s.killed
		return errClientGone
	}
	s.sent.add(len(frames))
	return nil
}

func (s *sink) traits() traits { return traits{} }
func (s *sink) setBinary()     {}
func (s *sink) close(bool)     { s.kill() }

func (s *sink) kill() { s.once.Do(func() { close(s.killed) }) }

// A countdown counts frames down.
type countdown struct {
	left atomic.Int64
	zero chan struct{}
}

func newCountdown() *countdown { return &countdown{zero: make(chan struct{}, 1)} }

// expect makes wait wait for n more frames.
func (c *countdown) expect(n int) { c.left.Store(int64(n)) }

func (c *countdown) add(n int) {
	if c.left.Add(-int64(n)) == 0 {
		c.zero <- struct{}{}
	}
}

func (c *countdown) wait() { <-c.zero }

// connectSinks opens connections to sinks, which speak the protocols in turn,
// and returns them when their handshakes are over. Those of stuck sinks are on
// their way for ever.
func (s *site) connectSinks(connections int, sent *countdown, protocols ...protocol.Protocol) []*connection {
	if sent != nil {
		sent.expect(connections)
	}
	all := make([]*connection, connections)
	for i := range all {
		require.True(s.t, s.admit())
		all[i] = newConnection(s.Server, s.Hub("/hub"), newID(), httptest.NewRequest("GET", "/hub", nil), newSink(protocols[i%len(protocols)], sent))
		go func() { // ends with the server
			defer s.served.Done()
			all[i].serve()
		}()
	}
	for _, c := range all {
		<-c.opened
	}
	if sent != nil && connections > 0 {
		sent.wait()
	}
	return all
}

// sinkOptions are for a server of sinks, which have no user.
func sinkOptions() Options { return Options{Hubs: options(slowHub{}).Hubs} }

// benchmarkText is what benchmarks and their tests send.
const benchmarkText = "some words to everybody"

func sendAll(t testing.TB, to Target, sent *countdown, recipients int) {
	sent.expect(recipients)
	if err := to.Send("hear", benchmarkText); err != nil {
		t.Fatal(err)
	}
	sent.wait()
}
