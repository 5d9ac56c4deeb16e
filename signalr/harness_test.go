package signalr

import (
	"context"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// pipeListener is a listener whose connections are pipes in memory, so that
// servers and clients fit into a synctest bubble.
type pipeListener struct {
	accept chan net.Conn
	done   chan struct{}
	once   sync.Once
}

func newPipeListener() *pipeListener {
	return &pipeListener{accept: make(chan net.Conn), done: make(chan struct{})}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.accept:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.done) })
	return nil
}

func (l *pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "pipe"} }

func (l *pipeListener) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	server, client := net.Pipe()
	select {
	case l.accept <- server:
		return client, nil
	case <-l.done:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// A site is a server under test, behind HTTP.
type site struct {
	*Server
	t        testing.TB
	listener *pipeListener
	client   *http.Client
}

// start opens a server that ends with the test.
func start(t testing.TB, o Options) *site { return startLimited(t, o, 0) }

// startLimited is start with a web server that has limits of its own.
func startLimited(t testing.TB, o Options, limit time.Duration) *site {
	return startBehind(t, o, &http.Server{ReadTimeout: limit, WriteTimeout: limit})
}

// startBehind is start with a web server.
func startBehind(t testing.TB, o Options, web *http.Server) *site {
	server, err := NewServer(o)
	require.NoError(t, err)
	s := &site{Server: server, t: t, listener: newPipeListener()}
	web.Handler = server
	done := make(chan struct{})
	go func() {
		defer close(done)
		web.Serve(s.listener)
	}()
	transport := &http.Transport{DialContext: s.listener.dial, DisableKeepAlives: true}
	s.client = &http.Client{Transport: transport}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		server.Close()
		web.Close()
		<-done
	})
	return s
}
