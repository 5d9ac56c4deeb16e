package signalr

import (
	"net"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/assert"
)

// beginHandshake sends so many bytes of an upgrade and the handshake that follows.
func (a *arena) beginHandshake(size int) *raw {
	head := upgrade()
	if size < len(head) {
		return a.enter().send(head[:size])
	}
	r := a.enter().send(head)
	r.until(func(got []byte) bool { return strings.HasSuffix(string(got), "\r\n\r\n") })
	return r.send(textFrame(hello).bytes()[:size-len(head)])
}

func TestRawHandshakesMayBreakOffAnywhere(t *testing.T) {
	everywhere(t, func(t *testing.T, a *arena) {
		for i := range len(upgrade()) + len(textFrame(hello).bytes()) {
			a.beginHandshake(i).leave()
		}
		a.unharmed()
		assert.Empty(t, a.hub.connected)
		assert.Empty(t, a.hub.disconnected)
	})
}

func TestRawHandshakesMayStopAnywhere(t *testing.T) {
	inArena(t, func(t *testing.T, a *arena) {
		begin := time.Now()
		var clients []*raw
		for i := range len(upgrade()) + len(textFrame(hello).bytes()) {
			clients = append(clients, a.beginHandshake(i))
		}
		for i, r := range clients {
			got := string(r.rest())
			if i >= len(upgrade()) {
				_, frames, _ := strings.Cut(got, "\r\n\r\n")
				data, closing := messages(t, []byte(frames))
				assert.Equal(t, `{"error":"Handshake was canceled."}`+"\x1e", data)
				assert.Equal(t, []rawFrame{{opcode: opClose, payload: "\x03\xe8", unmasked: true}}, closing)
			}
		}
		assert.Less(t, time.Since(begin), 15*time.Second+tickInterval+closeTimeout+time.Second)
		a.unharmed()
	})
}

func TestRawHandshakesHaveALimit(t *testing.T) {
	everywhere(t, func(t *testing.T, a *arena) {
		padded := func(size int) string {
			head, tail := `{"protocol":"json","padding":"`, `","version":1}`+"\x1e"
			return head + strings.Repeat("x", size-len(head)-len(tail)) + tail
		}
		r := a.enterWebSocket().send(textFrame(padded(maxHandshakeSize)).bytes()).said("{}\x1e")
		r.leave()
		for _, cut := range []int{1, 1000, maxHandshakeSize} {
			r := a.enterWebSocket()
			tooLong := padded(maxHandshakeSize + 1)
			r.send(textFrame(tooLong[:cut]).bytes()).send(textFrame(tooLong[cut:]).bytes(), bye)
			data, code := r.closed()
			assert.Equal(t, `{"error":"Handshake was canceled."}`+"\x1e", data)
			assert.Equal(t, 1000, code)
		}
		a.unharmed()
	})
}

func TestRawUpgradesThatAreWrong(t *testing.T) {
	const version, key = "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: c2lnbmFsbWVzaCBpcyAxNg=="
	everywhere(t, func(t *testing.T, a *arena) {
		for name, test := range map[string]struct {
			request []byte
			status  int
		}{
			"an old version": {request("GET", "/hub", "Connection: Upgrade, close", "Upgrade: websocket", "Sec-WebSocket-Version: 8", key), 400},
			"no version":     {request("GET", "/hub", "Connection: Upgrade, close", "Upgrade: websocket", key), 400},
			"no key":         {request("GET", "/hub", "Connection: Upgrade, close", "Upgrade: websocket", version), 400},
			"a short key":    {request("GET", "/hub", "Connection: Upgrade, close", "Upgrade: websocket", version, "Sec-WebSocket-Key: eA=="), 400},
			"a poll instead": {request("GET", "/hub", "Connection: close", version, key), 400},
			"a POST instead": {request("POST", "/hub", "Connection: Upgrade, close", "Upgrade: websocket", version, key), 400},
			"another origin": {request("GET", "/hub", "Connection: Upgrade, close", "Upgrade: websocket", version, key, "Origin: http://elsewhere"), 403},
			"HTTP/1.0":       {[]byte(strings.Replace(string(request("GET", "/hub")), "1.1", "1.0", 1)), 400},
			"no HTTP":        {[]byte("\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03\r\n\r\n"), 400},
			"two lengths":    {request("POST", "/hub?id=x", "Content-Length: 1", "Content-Length: 2"), 400},
		} {
			assert.Equal(t, []int{test.status}, a.enter().send(test.request).statuses(), name)
		}
		a.unharmed()
	})
}

// A token whose opening failed can be used again.
func TestRawUpgradesMayBeTriedAgain(t *testing.T) {
	everywhere(t, func(t *testing.T, a *arena) {
		token := a.token()
		bad := strings.Replace(string(upgrade()), "/hub", "/hub?id="+token, 1)
		for range 3 {
			assert.Equal(t, []int{400}, a.enter().send([]byte(strings.Replace(strings.Replace(bad, ": 13", ": 12", 1), ": Upgrade", ": Upgrade, close", 1))).statuses())
		}
		r := a.enter().send([]byte(bad))
		r.until(func(got []byte) bool { return strings.HasPrefix(string(got), "HTTP/1.1 101 ") })
		r.leave()
		a.unharmed()
	})
}

func TestRawHandshakesThatNeverFinish(t *testing.T) {
	inArena(t, func(t *testing.T, a *arena) {
		begin := time.Now()
		unfinished := []func() net.Conn{a.stopAtUpgrade, a.stopAtHandshake, a.stopAtEvents, a.stopAtPoll, a.dial}
		conns := make([]net.Conn, 0, flood)
		for i := range flood {
			conns = append(conns, unfinished[i%len(unfinished)]())
			if i%1000 == 0 {
				assert.Equal(t, "well", result[string](a.good, "Echo", "well"))
			}
		}
		assert.Less(t, time.Since(begin), time.Second, "nobody waits for them")
		time.Sleep(a.options.HandshakeTimeout + tickInterval)
		assert.Equal(t, "well", result[string](a.good, "Echo", "well"))
		time.Sleep(a.options.WriteTimeout + a.options.PollGap + closeTimeout + tickInterval) // they read nothing
		for _, conn := range conns {
			conn.Close()
		}
		a.unharmed()
		assert.Empty(t, a.hub.connected)
		assert.GreaterOrEqual(t, int(testutil.ToFloat64(a.metrics.handshakeFailures)), flood*4/5)
	})
}

// stopAtUpgrade opens a WebSocket and says nothing.
func (a *arena) stopAtUpgrade() net.Conn {
	conn := a.dial()
	a.exchange(conn, upgrade(), "HTTP/1.1 101 ")
	return conn
}

// stopAtHandshake opens a WebSocket and sends half a handshake.
func (a *arena) stopAtHandshake() net.Conn {
	conn := a.stopAtUpgrade()
	conn.Write(textFrame(hello[:10]).bytes())
	return conn
}

// stopAtEvents opens an event stream and posts nothing.
func (a *arena) stopAtEvents() net.Conn {
	conn := a.dial()
	a.exchange(conn, request("GET", "/hub?id="+a.token(), "Accept: text/event-stream"), "HTTP/1.1 200 ")
	return conn
}

// stopAtPoll polls once.
func (a *arena) stopAtPoll() net.Conn {
	conn := a.dial()
	a.exchange(conn, request("GET", "/hub?id="+a.token()), "HTTP/1.1 200 ")
	return conn
}

// exchange sends a request and reads the head of its answer, without a goroutine.
func (a *arena) exchange(conn net.Conn, request []byte, want string) {
	conn.Write(request)
	head := ""
	for b := make([]byte, 1<<10); !strings.Contains(head, "\r\n\r\n"); {
		n, err := conn.Read(b)
		if head += string(b[:n]); err != nil {
			break
		}
	}
	assert.True(a.t, strings.HasPrefix(head, want), head)
}
