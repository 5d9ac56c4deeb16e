package signalr

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

// drip sends data byte by byte, one a second, until the server hangs up.
func (r *raw) drip(data []byte) {
	for i := range data {
		select {
		case <-r.ended:
			return
		case <-time.After(time.Second):
			r.send(data[i : i+1])
		}
	}
}

func TestRawHeadersThatComeSlowlyAreGivenUp(t *testing.T) {
	inArena(t, func(t *testing.T, a *arena) {
		begin := time.Now()
		var slow []*raw
		for range 100 {
			r := a.enter()
			slow = append(slow, r)
			go r.drip(upgrade())
		}
		silent := a.enter()
		for _, r := range append(slow, silent) {
			r.rest()
		}
		assert.InDelta(t, headerTimeout.Seconds(), time.Since(begin).Seconds(), 1.1)
		synctest.Wait()
		a.unharmed()
	})
}

func TestRawSocketsThatAskForNothingMoreAreGivenUp(t *testing.T) {
	inArena(t, func(t *testing.T, a *arena) {
		begin := time.Now()
		assert.Equal(t, []int{404}, a.enter().send(request("GET", "/hub?id=x")).statuses())
		assert.Equal(t, idleTimeout, time.Since(begin))
		a.unharmed()
	})
}

// A request of any method can announce a body. None may keep a connection, a hub's
// or a web server's, by not sending it.
func TestRawBodiesThatComeSlowlyAreGivenUp(t *testing.T) {
	inArena(t, func(t *testing.T, a *arena) {
		for _, test := range []struct {
			name, method, path string
			headers            []string
			status             int
		}{
			{"negotiate", "POST", "/hub/negotiate", nil, 200},
			{"an unknown connection", "POST", "/hub?id=x", nil, 404},
			{"POST", "POST", "/hub?id=%s", nil, 408},
			{"first poll", "GET", "/hub?id=%s", nil, 408},
			{"events", "GET", "/hub?id=%s", []string{"Accept: text/event-stream"}, 408},
			{"poll of an unknown connection", "GET", "/hub?id=x", nil, 408},
			{"WebSocket", "GET", "/hub", []string{
				"Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: c2lnbmFsbWVzaCBpcyAxNg==",
			}, 408},
			{"DELETE", "DELETE", "/hub?id=%s", nil, 408},
			{"another method", "PUT", "/hub", nil, 408},
			{"another method to negotiate", "GET", "/hub/negotiate", nil, 408},
		} {
			for _, framing := range []string{"Content-Length: 100", "Transfer-Encoding: chunked"} {
				name := fmt.Sprintf("%s, %s", test.name, framing)
				path := test.path
				if path == "/hub?id=%s" {
					path = fmt.Sprintf(path, a.token())
				}
				begin := time.Now()
				r := a.enter().send(request(test.method, path, append(test.headers, framing)...))
				go r.drip(make([]byte, 100))
				assert.Equal(t, []int{test.status}, r.statuses(), name)
				assert.LessOrEqual(t, time.Since(begin), bodyGrace+time.Second, name)
			}
		}
		time.Sleep(30 * time.Second) // what was negotiated is forgotten
		a.unharmed()
	})
}

func TestRawBodiesThatNobodyWantsAreDropped(t *testing.T) {
	everywhere(t, func(t *testing.T, a *arena) {
		token := a.token()
		poll := func(size int) []byte {
			return append(request("GET", "/hub?id="+token, "Connection: close", fmt.Sprint("Content-Length: ", size)), make([]byte, size)...)
		}
		assert.Equal(t, []int{413}, a.enter().send(poll(maxDropped)).statuses())
		assert.Equal(t, []int{200}, a.enter().send(poll(maxDropped-1)).statuses(), "the first poll")
		assert.Equal(t, []int{202}, a.enter().send(request("DELETE", "/hub?id="+token, "Connection: close")).statuses())
		a.unharmed()
	})
}

func TestRawHandshakesThatComeSlowlyAreCanceled(t *testing.T) {
	inArena(t, func(t *testing.T, a *arena) {
		r := a.enterWebSocket()
		begin := time.Now()
		go r.drip(textFrame(hello).bytes())
		data, code := r.closed()
		assert.Equal(t, `{"error":"Handshake was canceled."}`+"\x1e", data)
		assert.Equal(t, 1000, code)
		assert.Less(t, time.Since(begin), a.options.HandshakeTimeout+tickInterval+closeTimeout+time.Second)
		a.unharmed()
	})
}

// Whoever has much to answer to, and reads no answers, is not kept.
func TestRawClientsThatDoNotReadAreDropped(t *testing.T) {
	inArena(t, func(t *testing.T, a *arena) {
		call, _ := echo(1)
		for _, sent := range []rawFrame{{opcode: opPing, payload: "x"}, textFrame(call), textFrame("")} {
			conn := a.stopAtUpgrade()
			begin := time.Now()
			conn.Write(textFrame(hello).bytes())
			for err := error(nil); err == nil; time.Sleep(100 * time.Millisecond) {
				_, err = conn.Write(sent.bytes())
			}
			assert.Less(t, time.Since(begin), a.options.KeepAlive+a.options.WriteTimeout+closeTimeout, "%v", sent)
			conn.Close()
		}
		a.unharmed()
	})
}
