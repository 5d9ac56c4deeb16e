package signalr

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/signalmesh/signalmesh/signalr/protocol"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

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
	r.send(textFrame(fmt.Sprintf(`{"protocol":%q,"version":1}`+"\x1e", p.Name())).bytes())
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
