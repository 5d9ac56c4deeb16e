//go:build linux

package main

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"github.com/signalmesh/signalmesh/signalr/protocol"
)

// A visitor is a client of a whole server, over a WebSocket, that speaks JSON.
type visitor struct {
	crowd *crowd
	index int
	home  int          // server that it came to first
	heard atomic.Int64 // broadcasts of the play that runs

	rest []byte // received and not yet taken; the reader's

	mu sync.Mutex // guards ws, and writes to it
	ws *websocket.Conn
}

// delays are how long clients wait before each attempt to come back, as Microsoft's
// JavaScript client does by default.
var delays = []time.Duration{0, 2 * time.Second, 10 * time.Second, 30 * time.Second}

// come connects to the server of that number, or else to the others in turn, except
// not to that of number shunned. It returns how many attempts failed, and why the first
// did.
func (v *visitor) come(ctx context.Context, server, shunned int) (failed int, why string, err error) {
	for ; failed < len(delays); failed++ {
		select {
		case <-time.After(delays[failed]):
		case <-ctx.Done():
			return failed, why, ctx.Err()
		}
		if server == shunned {
			server = (server + 1) % len(v.crowd.addresses)
		}
		attempt := v.connect(ctx, v.crowd.addresses[server])
		if attempt == nil {
			return failed, why, nil
		}
		why, err = cmp.Or(why, attempt.Error()), attempt
		server = (server + 1) % len(v.crowd.addresses)
	}
	return failed, why, err
}

// elsewhere is the server to go to when the first is lost. Clients of one server go to
// all others alike.
func (v *visitor) elsewhere() int {
	servers := len(v.crowd.addresses)
	return (v.home + 1 + v.index/servers%(servers-1)) % servers
}

// connect opens a connection, which ends with ctx, and returns when it is ready: when
// the first call has been answered, since servers take calls only once a connection can
// be reached from all of them.
func (v *visitor) connect(ctx context.Context, address string) (err error) {
	dialer := websocket.Dialer{HandshakeTimeout: 30 * time.Second, ReadBufferSize: 1 << 10, WriteBufferSize: 1 << 10}
	ws, response, err := dialer.DialContext(ctx, "ws://"+address+hallPath, http.Header{"User-Agent": {"bench"}})
	if err != nil {
		return fmt.Errorf("connect to %s: %w", address, err)
	}
	response.Body.Close()
	stop := context.AfterFunc(ctx, func() { ws.NetConn().Close() }) // also when it listens
	defer func() {
		if err != nil {
			stop()
			ws.NetConn().Close()
		}
	}()
	v.mu.Lock()
	v.ws, v.rest = ws, nil
	v.mu.Unlock()
	if err := ws.WriteMessage(websocket.TextMessage, []byte(`{"protocol":"json","version":1}`+"\x1e")); err != nil {
		return err
	}
	const first = "first"
	if err := v.call(first, "Echo", ""); err != nil {
		return err
	}
	if answer, err := v.frame(); err != nil || string(answer) != "{}" {
		return cmp.Or(err, fmt.Errorf("%s refuses the handshake: %.200s", address, answer))
	}
	for {
		m, err := v.next()
		if err != nil {
			return fmt.Errorf("wait for the first answer of %s: %w", address, err)
		}
		if c, ok := m.(protocol.Completion); ok && c.InvocationID == first {
			return nil
		}
		v.crowd.take(v, m) // it hears broadcasts already
	}
}

// listen takes what comes until the connection ends.
func (v *visitor) listen() error {
	for {
		m, err := v.next()
		if err != nil {
			return err
		}
		v.crowd.take(v, m)
	}
}

// next waits for the next hub message.
func (v *visitor) next() (protocol.Message, error) {
	body, err := v.frame()
	if err != nil {
		return nil, err
	}
	return v.crowd.protocol.Parse(body)
}

// frame waits for the next frame, without its end.
func (v *visitor) frame() ([]byte, error) {
	for {
		body, rest, err := v.crowd.protocol.Split(v.rest, 0)
		if err != nil {
			return nil, err
		}
		if body != nil {
			v.rest = rest
			return body, nil
		}
		_, data, err := v.ws.ReadMessage()
		if err != nil {
			return nil, err
		}
		if len(v.rest) == 0 {
			v.rest = data
			continue
		}
		v.rest = append(v.rest, data...)
	}
}

// call invokes a hub method and does not wait for its answer.
func (v *visitor) call(id, method, text string) error {
	frame, err := v.crowd.protocol.Append(nil, protocol.Invocation{InvocationID: id, Target: method, Arguments: []any{text}})
	if err != nil {
		return err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.ws.WriteMessage(websocket.TextMessage, frame)
}
