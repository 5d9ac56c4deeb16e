package signalr

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync"
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
func inArena(t *testing.T, o func(*Options), test func(t *testing.T, a *arena)) {
	synctest.Test(t, func(t *testing.T) {
		a := newArena(t, o)
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
func overSockets(t *testing.T, o func(*Options), test func(t *testing.T, a *arena)) {
	a := newArena(t, o)
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

func newArena(t *testing.T, change func(*Options)) *arena {
	hub := newTestHub()
	hub.connected, hub.disconnected = make(chan string, 1<<15), make(chan error, 1<<15)
	o := options(hub)
	if change != nil {
		change(&o)
	}
	return &arena{site: start(t, o), hub: hub}
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

// A raw is a client that sends bytes, whatever they are. All that comes is read at
// once, so that the server never waits for it.
type raw struct {
	t     testing.TB
	conn  net.Conn
	news  chan struct{} // holds a token when more has come
	ended chan struct{} // closed at the end of what comes

	mu  sync.Mutex
	got []byte
}

// enter opens a socket.
func (a *arena) enter() *raw {
	conn := a.dial()
	return a.listen(conn, conn)
}

// listen returns the client of a socket, whose answers are read from in.
func (a *arena) listen(conn net.Conn, in io.Reader) *raw {
	r := &raw{t: a.t, conn: conn, news: make(chan struct{}, 1), ended: make(chan struct{})}
	go func() {
		defer close(r.ended)
		for buf := make([]byte, 4<<10); ; {
			n, err := in.Read(buf)
			r.mu.Lock()
			r.got = append(r.got, buf[:n]...)
			r.mu.Unlock()
			signal(r.news)
			if err != nil { // which one depends on what was on its way
				return
			}
		}
	}()
	a.t.Cleanup(r.leave)
	return r
}

// send sends bytes. The server may have hung up.
func (r *raw) send(data ...[]byte) *raw {
	r.conn.Write(bytes.Join(data, nil))
	return r
}

// leave hangs up.
func (r *raw) leave() {
	r.conn.Close()
	<-r.ended
}

// heard returns what has come until now.
func (r *raw) heard() []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return bytes.Clone(r.got)
}

// patience is how long a raw waits for what must come. Nothing takes as long.
const patience = 5 * time.Minute

// until waits until what has come is enough.
func (r *raw) until(enough func(got []byte) bool) {
	r.t.Helper()
	late := time.After(patience)
	for !enough(r.heard()) {
		select {
		case <-r.news:
		case <-r.ended:
			require.True(r.t, enough(r.heard()), "the server hung up after %q", r.heard())
			return
		case <-late:
			require.FailNow(r.t, "the server sends no more", "after %q", r.heard())
		}
	}
}

// rest waits for the server to hang up and returns all that it has sent.
func (r *raw) rest() []byte {
	r.t.Helper()
	select {
	case <-r.ended:
	case <-time.After(patience):
		require.FailNow(r.t, "the server does not hang up", "after %q", r.heard())
	}
	return r.got
}

// statuses waits for the end and returns the statuses of the answers.
func (r *raw) statuses() (all []int) {
	in := bufio.NewReader(bytes.NewReader(r.rest()))
	for {
		response, err := http.ReadResponse(in, nil)
		if err != nil {
			return all
		}
		io.Copy(io.Discard, response.Body)
		all = append(all, response.StatusCode)
	}
}

// request returns a request for a route of the hub. Headers are whole lines.
func request(method, path string, headers ...string) []byte {
	head := fmt.Sprintf("%s %s HTTP/1.1\r\nHost: test\r\n", method, path)
	for _, h := range headers {
		head += h + "\r\n"
	}
	return []byte(head + "\r\n")
}

// upgrade returns a request for a WebSocket, without negotiation.
func upgrade() []byte {
	return request("GET", "/hub", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: c2lnbmFsbWVzaCBpcyAxNg==")
}

// enterHub opens a WebSocket and shakes hands.
func (a *arena) enterHub(p protocol.Protocol) *raw {
	r := a.enterWebSocket()
	r.send(text1(fmt.Sprintf(`{"protocol":%q,"version":1}`+"\x1e", p.Name())).bytes())
	<-a.hub.connected
	return r.said("{}\x1e")
}

// enterWebSocket opens a WebSocket. The answer, which ends before anything is
// sent, is awaited, since nothing may be sent earlier.
func (a *arena) enterWebSocket() *raw {
	conn := a.dial()
	go conn.Write(upgrade())
	in := bufio.NewReader(conn)
	response, err := http.ReadResponse(in, nil)
	require.NoError(a.t, err)
	require.Equal(a.t, http.StatusSwitchingProtocols, response.StatusCode)
	return a.listen(conn, in)
}

// said waits until a WebSocket's messages, put together, are at least as long as
// want, and asserts that they are want.
func (r *raw) said(want string) *raw {
	r.t.Helper()
	var data string
	r.until(func(got []byte) bool {
		data, _ = messages(r.t, got)
		return len(data) >= len(want)
	})
	assert.Equal(r.t, want, data)
	return r
}

// closed waits for the end of a WebSocket, and returns what it was sent before the
// close frame, put together, and the code of that: 0 if there was none.
func (r *raw) closed() (data string, code int) {
	r.t.Helper()
	data, rest := messages(r.t, r.rest())
	if len(rest) == 0 {
		return data, 0
	}
	require.Len(r.t, rest, 1, "nothing comes after a close frame")
	require.GreaterOrEqual(r.t, len(rest[0].payload), 2, "a close frame has a status")
	return data, int(rest[0].payload[0])<<8 | int(rest[0].payload[1])
}
