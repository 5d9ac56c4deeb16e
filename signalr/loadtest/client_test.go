//go:build linux

package loadtest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/gorilla/websocket"
	"github.com/signalmesh/signalmesh/signalr/protocol"
)

// perSource is how many connections come from one address: so few that the system
// finds free ports at once.
const perSource = 5_000

// browser is what a browser sends besides the headers of the protocol.
var browser = http.Header{
	"Accept-Encoding": {"gzip, deflate, br"},
	"Accept-Language": {"en-GB,en;q=0.9"},
	"Cache-Control":   {"no-cache"},
	"Cookie":          {"session=0123456789abcdef0123456789abcdef"},
	"Pragma":          {"no-cache"},
	"User-Agent":      {"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"},
}

// A client is a connection whose handshake is done. It reads nothing unless it
// is told to.
type client struct {
	ws       *websocket.Conn
	protocol protocol.Protocol
	rest     []byte // received and not yet taken
}

// dial opens the nth connection to a server.
func dial(ctx context.Context, address string, n int, p protocol.Protocol) (_ *client, err error) {
	from := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, byte(2+n/perSource))}}
	dialer := websocket.Dialer{NetDialContext: from.DialContext, ReadBufferSize: 1 << 10, WriteBufferSize: 1 << 10}
	ws, response, err := dialer.DialContext(ctx, "ws://"+address+"/hub", browser)
	if err != nil {
		return nil, fmt.Errorf("open connection %d: %w", n, err)
	}
	response.Body.Close()
	c := &client{ws: ws, protocol: p}
	if err := c.shakeHands(); err != nil {
		c.close()
		return nil, fmt.Errorf("shake hands of connection %d: %w", n, err)
	}
	return c, nil
}

func (c *client) shakeHands() error {
	request := fmt.Sprintf(`{"protocol":%q,"version":1}`+"\x1e", c.protocol.Name())
	if err := c.ws.WriteMessage(websocket.TextMessage, []byte(request)); err != nil {
		return err
	}
	_, answer, err := c.ws.ReadMessage()
	if err != nil {
		return err
	}
	rest, accepted := bytes.CutPrefix(answer, []byte("{}\x1e"))
	if !accepted {
		return fmt.Errorf("refused: %s", answer)
	}
	c.rest = rest
	return nil
}

func (c *client) close() { c.ws.NetConn().Close() }

// send sends a hub message.
func (c *client) send(m protocol.Message) error {
	frame, err := c.protocol.Append(nil, m)
	if err != nil {
		return err
	}
	return c.write(frame)
}

// write sends bytes as a WebSocket message.
func (c *client) write(data []byte) error {
	return c.ws.WriteMessage(websocket.BinaryMessage, data)
}

// next waits for the next hub message.
func (c *client) next() (protocol.Message, error) {
	for {
		body, rest, err := c.protocol.Split(c.rest, 0)
		if err != nil {
			return nil, err
		}
		if body != nil {
			c.rest = rest
			return c.protocol.Parse(body)
		}
		_, data, err := c.ws.ReadMessage()
		if err != nil {
			return nil, err
		}
		c.rest = append(c.rest, data...)
	}
}

// echo calls a method and waits for its answer. It returns the time that took.
func (c *client) echo() (time.Duration, error) {
	begin := time.Now()
	if err := c.send(protocol.Invocation{InvocationID: "1", Target: "Echo", Arguments: []any{"some words"}}); err != nil {
		return 0, err
	}
	for {
		m, err := c.next()
		if err != nil {
			return 0, err
		}
		if completion, ok := m.(protocol.Completion); ok {
			if completion.Failed {
				return 0, errors.New(completion.Error)
			}
			return time.Since(begin), nil
		}
	}
}

// pinged waits for a ping.
func (c *client) pinged() error { return await[protocol.Ping](c) }

// heard waits for a call from the server.
func (c *client) heard() error { return await[protocol.Invocation](c) }

// await waits for a message of one type, and drops others.
func await[M protocol.Message](c *client) error {
	for {
		m, err := c.next()
		if err != nil {
			return err
		}
		if _, it := m.(M); it {
			return nil
		}
	}
}
