package signalr

import (
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/signalmesh/signalmesh/signalr/protocol"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// An arena is a server with one client that behaves, and a door for those that do
// not. The door is a web server with the limits of package node's.
type arena struct {
	*site
	hub        *testHub
	good       *client
	dial       func() net.Conn
	await      func(settled func() bool) // waits until what is under way is done
	goroutines int                       // that there are when nobody misbehaves
}

// headerTimeout and idleTimeout are those of package node.
const (
	headerTimeout = 10 * time.Second
	idleTimeout   = 130 * time.Second
)

// inArena runs a test in virtual time, with pipes for sockets.
func inArena(t *testing.T, test func(t *testing.T, a *arena)) {
	synctest.Test(t, func(t *testing.T) {
		a := newArena(t)
		listener := newPipeListener()
		web := &http.Server{Handler: a.Server, ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout}
		done := make(chan struct{})
		go func() {
			defer close(done)
			web.Serve(listener)
		}()
		t.Cleanup(func() {
			web.Close()
			<-done
		})
		a.dial = func() net.Conn {
			conn, err := listener.dial(t.Context(), "", "")
			require.NoError(t, err)
			return conn
		}
		a.await = func(settled func() bool) { awaitSettled(t, settled, synctest.Wait) }
		a.ready()
		test(t, a)
	})
}

// overSockets runs a test with real sockets and in real time.
func overSockets(t *testing.T, test func(t *testing.T, a *arena)) {
	a := newArena(t)
	web := httptest.NewUnstartedServer(a.Server)
	web.Config.ReadHeaderTimeout, web.Config.IdleTimeout = headerTimeout, idleTimeout
	web.Start()
	t.Cleanup(web.Close)
	a.dial = func() net.Conn {
		conn, err := net.Dial("tcp", web.Listener.Addr().String())
		require.NoError(t, err)
		return conn
	}
	a.await = func(settled func() bool) { awaitSettled(t, settled, func() {}) }
	a.ready()
	test(t, a)
}

// awaitSettled looks, for some seconds, whether something is as it should be. Nobody
// is told when a goroutine of a web server has ended.
func awaitSettled(t *testing.T, settled func() bool, wait func()) {
	for range 5000 {
		if wait(); settled() {
			return
		}
		<-time.After(time.Millisecond)
	}
	stacks := make([]byte, 1<<20)
	require.FailNow(t, "something is left", "%s", stacks[:runtime.Stack(stacks, true)])
}

func newArena(t *testing.T) *arena {
	hub := newTestHub()
	hub.connected, hub.disconnected = make(chan string, 1<<15), make(chan error, 1<<15)
	return &arena{site: start(t, options(hub)), hub: hub}
}

func (a *arena) ready() {
	a.good = a.connect("/hub", protocol.JSON())
	<-a.hub.connected
	a.await(func() bool { return true })
	a.goroutines = runtime.NumGoroutine()
}

// unharmed asserts that the client that behaves is served, and that nothing is
// left of the others, whose sockets are closed.
func (a *arena) unharmed() {
	a.t.Helper()
	assert.Equal(a.t, "well", result[string](a.good, "Echo", "well"))
	a.await(func() bool {
		a.negotiations.mu.Lock()
		negotiated := len(a.negotiations.byToken)
		a.negotiations.mu.Unlock()
		return negotiated == 0 &&
			testutil.ToFloat64(a.metrics.connections) == 1 &&
			runtime.NumGoroutine() <= a.goroutines // fewer: earlier tests had left some to end
	})
}
