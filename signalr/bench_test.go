package signalr

import (
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/signalmesh/signalmesh/signalr/protocol"
)

// sink is a transport to nowhere, from a client that only shakes hands.
type sink struct {
	handshake string
	sent      chan int // frames
	killed    chan struct{}
	once      sync.Once // of kill
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
	s.sent <- len(frames)
	return nil
}

func (s *sink) traits() traits { return traits{} }
func (s *sink) setBinary()     {}
func (s *sink) close(bool)     { s.kill() }

func (s *sink) kill() { s.once.Do(func() { close(s.killed) }) }

// A broadcast to 1,000 connections, until it has left all the outboxes.
func BenchmarkBroadcastTo1000(b *testing.B) {
	const connections = 1000
	o := options(newTestHub())
	hub := o.Hubs[0].Hub.(*testHub)
	hub.connected = make(chan string, connections)
	hub.disconnected = make(chan error, connections)
	s := start(b, o)
	sent := make(chan int, connections)
	for range connections {
		if !s.admit() {
			b.Fatal("not admitted")
		}
		t := &sink{handshake: `{"protocol":"json","version":1}` + "\x1e", killed: make(chan struct{}), sent: sent}
		c := newConnection(s.Server, s.Hub("/hub"), newID(), httptest.NewRequest("GET", "/hub", nil), t)
		go func() {
			defer s.served.Done()
			c.serve()
		}()
		<-hub.connected
		<-sent // the handshake
	}
	all := s.Hub("/hub").Clients(b.Context()).All()
	b.ReportAllocs()
	for b.Loop() {
		if err := all.Send("hear", "some words to everybody"); err != nil {
			b.Fatal(err)
		}
		for n := 0; n < connections; {
			n += <-sent
		}
	}
}

// An invocation and its answer, over a WebSocket in memory.
func BenchmarkInvocation(b *testing.B) {
	for _, p := range []protocol.Protocol{protocol.JSON(), protocol.MessagePack()} {
		b.Run(p.Name(), func(b *testing.B) {
			c := start(b, options(newTestHub())).connect("/hub", p)
			b.ReportAllocs()
			for b.Loop() {
				c.start("Echo", "x")
				c.frame()
			}
		})
	}
}
