//go:build linux

package main

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"github.com/signalmesh/signalmesh/signalr/protocol"
	"github.com/signalmesh/signalmesh/simulations/netlab"
)

const (
	pingEvery        = 5 * time.Second
	handshakeTimeout = 5 * time.Second
)

// A client is a SignalR client on a WebSocket, beside its server.
type client struct {
	socket *websocket.Conn
	codec  protocol.Protocol
	take   func(text string) // gets what is sent to the method "received"

	ended chan struct{} // closed when nothing more is received

	mu      sync.Mutex // guards writing and what follows
	lastID  int
	waiting map[string]func(failure string)
}

// connect opens a connection to the hub of a host.
func connect(ctx context.Context, h *netlab.Host, user string, take func(text string)) (*client, error) {
	ctx, cancel := context.WithTimeout(ctx, handshakeTimeout)
	defer cancel()
	dialer := websocket.Dialer{NetDialContext: h.Dial}
	socket, response, err := dialer.DialContext(ctx, "ws://host:"+clientPort+"/load?user="+url.QueryEscape(user), nil)
	if err != nil {
		return nil, fmt.Errorf("connect a client: %w", err)
	}
	_ = response.Body.Close() // holds nothing
	c := &client{
		socket: socket, codec: protocol.JSON(), take: take,
		ended: make(chan struct{}), waiting: map[string]func(string){},
	}
	rest, err := c.shakeHands()
	if err != nil {
		_ = socket.Close()
		return nil, fmt.Errorf("shake hands: %w", err)
	}
	go c.read(rest)  // until the connection ends
	go c.keepAlive() // the same
	return c, nil
}

// shakeHands returns what came after the handshake's answer.
func (c *client) shakeHands() (rest []byte, err error) {
	if err := c.socket.WriteMessage(websocket.TextMessage, []byte("{\"protocol\":\"json\",\"version\":1}\x1e")); err != nil {
		return nil, err
	}
	_ = c.socket.SetReadDeadline(time.Now().Add(handshakeTimeout))
	_, answer, err := c.socket.ReadMessage()
	if err != nil {
		return nil, err
	}
	_ = c.socket.SetReadDeadline(time.Time{})
	answer, rest, _ = bytes.Cut(answer, []byte{0x1e})
	if string(answer) != "{}" {
		return nil, fmt.Errorf("the answer is %q", answer)
	}
	return rest, nil
}

// read takes what arrives, beginning with buf. Every WebSocket message holds whole
// hub messages (Hub Protocol, Transport Requirements).
func (c *client) read(buf []byte) {
	defer close(c.ended)
	for {
		for len(buf) > 0 {
			body, rest, err := c.codec.Split(buf, 0)
			if err != nil || body == nil {
				return
			}
			m, err := c.codec.Parse(body)
			if err != nil {
				return
			}
			c.dispatch(m)
			buf = rest
		}
		var err error
		if _, buf, err = c.socket.ReadMessage(); err != nil {
			return
		}
	}
}

func (c *client) dispatch(m protocol.Message) {
	switch m := m.(type) {
	case protocol.Invocation:
		var text string
		for _, a := range m.Arguments {
			if raw, ok := a.(protocol.Raw); ok && c.codec.Bind(raw, &text) == nil {
				c.take(text)
			}
		}
	case protocol.Completion:
		c.mu.Lock()
		done := c.waiting[m.InvocationID]
		delete(c.waiting, m.InvocationID)
		c.mu.Unlock()
		if done != nil {
			done(m.Error)
		}
	case protocol.Close:
		_ = c.socket.Close() // as the server asks
	}
}

func (c *client) keepAlive() {
	ticker := time.NewTicker(pingEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			_ = c.send(protocol.Ping{}) // a dead connection ends read
		case <-c.ended:
			return
		}
	}
}

// invoke runs a hub method. done is called with what the server answered, an empty
// text for success; if the connection ends first, it is never called.
func (c *client) invoke(done func(failure string), target string, args ...any) error {
	c.mu.Lock()
	c.lastID++
	id := strconv.Itoa(c.lastID)
	c.waiting[id] = done
	c.mu.Unlock()
	return c.send(protocol.Invocation{InvocationID: id, Target: target, Arguments: args})
}

func (c *client) send(m protocol.Message) error {
	frame, err := c.codec.Append(nil, m)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.socket.WriteMessage(websocket.TextMessage, frame)
}

// call runs a hub method and waits for its answer.
func (c *client) call(ctx context.Context, target string, args ...any) error {
	answer := make(chan string, 1)
	if err := c.invoke(func(failure string) { answer <- failure }, target, args...); err != nil {
		return fmt.Errorf("invoke %s: %w", target, err)
	}
	select {
	case failure := <-answer:
		if failure != "" {
			return fmt.Errorf("invoke %s: %s", target, failure)
		}
		return nil
	case <-c.ended:
		return fmt.Errorf("invoke %s: the connection ended", target)
	case <-ctx.Done():
		return fmt.Errorf("invoke %s: %w", target, ctx.Err())
	}
}

// close ends the connection and returns when nothing more is received.
func (c *client) close() {
	_ = c.socket.Close()
	<-c.ended
}
