//go:build linux

package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A fakeNATS speaks as much of NATS' protocol as the client does, checks what it is
// told strictly, and routes what is published to others' subscriptions.
type fakeNATS struct {
	t    *testing.T
	l    net.Listener
	work sync.WaitGroup

	mu      sync.Mutex // guards what follows, and writes to clients
	clients map[net.Conn]map[string]string
}

func startFakeNATS(t *testing.T) *fakeNATS {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	f := &fakeNATS{t: t, l: l, clients: map[net.Conn]map[string]string{}}
	f.work.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			f.mu.Lock()
			f.clients[c] = map[string]string{}
			f.mu.Unlock()
			f.work.Go(func() { f.serve(c) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		f.hangUp()
		f.work.Wait()
	})
	return f
}

func (f *fakeNATS) hangUp() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for c := range f.clients {
		_ = c.Close()
	}
}

// say writes to all clients.
func (f *fakeNATS) say(line string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for c := range f.clients {
		_, _ = io.WriteString(c, line)
	}
}

func (f *fakeNATS) serve(c net.Conn) {
	_, _ = io.WriteString(c, `INFO {"server_id":"fake","max_payload":1048576}`+"\r\n")
	in := bufio.NewReader(c)
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		words := strings.Fields(line)
		var payload []byte
		if words[0] == "PUB" {
			var size int
			_, err := fmt.Sscan(words[2], &size)
			assert.NoError(f.t, err)
			payload = make([]byte, size+2)
			if _, err := io.ReadFull(in, payload); err != nil {
				return
			}
		}
		f.do(c, words, payload)
	}
}

func (f *fakeNATS) do(c net.Conn, words []string, payload []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch words[0] {
	case "CONNECT":
		assert.Contains(f.t, words[1], `"echo":false`)
	case "PING":
		_, _ = io.WriteString(c, "PONG\r\n")
	case "PONG":
		_, _ = io.WriteString(c, "INFO {}\r\n")
	case "SUB":
		f.clients[c][words[1]] = words[2]
	case "UNSUB":
		for subject, id := range f.clients[c] {
			if id == words[1] {
				delete(f.clients[c], subject)
			}
		}
	case "PUB":
		assert.True(f.t, bytes.HasSuffix(payload, []byte("\r\n")))
		for other, subscriptions := range f.clients {
			if id := subscriptions[words[1]]; id != "" && other != c {
				_, _ = fmt.Fprintf(other, "MSG %s %s %d\r\n%s", words[1], id, len(payload)-2, payload)
			}
		}
	default:
		assert.Fail(f.t, "unknown", "%q", words)
	}
}

// A hearer is a receiver that tells what it receives.
type hearer chan string

func (h hearer) Receive(_, channel string, data []byte) { h <- channel + "=" + string(data) }
func (hearer) Left(string)                              {}
func (hearer) Gap(string, uint64)                       {}

func openTestNATS(t *testing.T, address string) (*natsPlane, hearer) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	n, err := openNATS(ctx, address)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, n.Close()) })
	h := make(hearer, 10_000)
	_, err = n.Attach(h)
	require.NoError(t, err)
	return n, h
}

func TestNATSDeliversToOthersOnceInOrder(t *testing.T) {
	f := startFakeNATS(t)
	a, heardA := openTestNATS(t, f.l.Addr().String())
	b, heardB := openTestNATS(t, f.l.Addr().String())
	for _, channel := range []string{"trial 1", "bench:ask", "a.*.>", "trial 1"} {
		require.NoError(t, a.Subscribe(t.Context(), channel))
		require.NoError(t, b.Subscribe(t.Context(), channel))
	}
	f.say("PING\r\n")
	const messages = 2000
	for k := range messages {
		_, err := a.Publish(t.Context(), "trial 1", fmt.Appendf(nil, "%d\r\nPUB", k))
		require.NoError(t, err)
	}
	for k := range messages {
		require.Equal(t, fmt.Sprintf("trial 1=%d\r\nPUB", k), <-heardB)
	}
	b.Unsubscribe("trial 1")
	require.NoError(t, b.Subscribe(t.Context(), "another")) // and so the server has dealt with that
	for _, channel := range []string{"trial 1", "a.b.c", "a.*.>"} {
		_, err := a.Publish(t.Context(), channel, nil)
		require.NoError(t, err)
	}
	assert.Equal(t, "a.*.>=", <-heardB)
	require.NoError(t, a.Subscribe(t.Context(), "another"))
	assert.Empty(t, heardA, "its own messages")
	_, err := a.Publish(t.Context(), "trial 1", make([]byte, 1<<20+1))
	assert.ErrorContains(t, err, "NATS takes 1048576")
}

func TestNATSClosesWithAllWritten(t *testing.T) {
	f := startFakeNATS(t)
	a, _ := openTestNATS(t, f.l.Addr().String())
	b, heard := openTestNATS(t, f.l.Addr().String())
	require.NoError(t, b.Subscribe(t.Context(), "x"))
	_, err := a.Publish(t.Context(), "x", []byte("last"))
	require.NoError(t, err)
	require.NoError(t, a.Close())
	assert.Equal(t, "x=last", <-heard)
	_, err = a.Publish(t.Context(), "x", nil)
	assert.ErrorIs(t, err, net.ErrClosed)
	assert.ErrorIs(t, a.Subscribe(t.Context(), "y"), net.ErrClosed)
}

func TestNATSTellsWhyItEnded(t *testing.T) {
	for said, want := range map[string]string{
		"-ERR 'Slow Consumer'\r\n": "NATS says 'Slow Consumer'",
		"HELLO\r\n":                "HELLO",
		"PONG\r\n":                 "nobody asked",
		"MSG a 1 99999999\r\n":     "MSG",
		"MSG a 1 -1\r\n":           "MSG",
		"MSG a one 1\r\n":          "MSG",
		"MSG a 1 1\r\nabc":         "more than",
		"":                         "hung up",
	} {
		f := startFakeNATS(t)
		n, _ := openTestNATS(t, f.l.Addr().String())
		if f.say(said); said == "" {
			f.hangUp()
		}
		<-n.ended
		_, err := n.Publish(t.Context(), "x", nil)
		assert.ErrorContains(t, err, want, said)
	}
}

// A server that reads nothing holds publishers up, until their time is over.
func TestNATSPublishersWaitForRoom(t *testing.T) {
	server, client := net.Pipe()
	defer server.Close()
	n := newNATSPlane(client)
	n.maxPayload = 1 << 20
	n.work.Go(n.write)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	var err error
	for k := 0; err == nil; k++ {
		require.Less(t, k, 10)
		_, err = n.Publish(ctx, "x", make([]byte, 1<<20))
	}
	assert.ErrorIs(t, err, context.DeadlineExceeded)
	held := make(chan error)
	go func() {
		_, err := n.Publish(t.Context(), "x", nil)
		held <- err
	}()
	n.end(net.ErrClosed)
	assert.ErrorIs(t, <-held, net.ErrClosed)
	require.NoError(t, server.Close())
	require.NoError(t, n.Close())
}

func TestSubjectsAreOneTokenEach(t *testing.T) {
	for channel, want := range map[string]string{"trial 1": "trial%201", "a.b": "a%2Eb", "*": "%2A", ">": "%3E", "bench:ask": "bench:ask", "%20": "%2520", "é": "%C3%A9"} {
		assert.Equal(t, want, string(appendSubject(nil, channel)))
	}
}

func TestNATSIsLeftOutAndSaidSo(t *testing.T) {
	var stdout, stderr bytes.Buffer
	out := t.TempDir()
	require.Zero(t, run(t.Context(), []string{
		"-contestants", "memory,nats", "-rounds", "1", "-warm", "20ms", "-measure", "100ms", "-run", "saturated broadcast, 256 B", "-out", out,
	}, &stdout, &stderr), stderr.String())
	assert.Contains(t, stdout.String(), "left out: NATS: there is no nats-server beside this program")
	page, err := os.ReadFile(filepath.Join(out, "index.html"))
	require.NoError(t, err)
	assert.Contains(t, string(page), "NATS: there is no nats-server")
}

func FuzzMsg(f *testing.F) {
	f.Add([]byte("subject 1 5"))
	f.Add([]byte("subject 1 answer 5"))
	f.Add([]byte("subject  1 5"))
	f.Fuzz(func(t *testing.T, line []byte) {
		if _, size, err := parseMsg(line); err == nil {
			assert.True(t, size >= 0 && size <= natsLargest)
		}
	})
}
