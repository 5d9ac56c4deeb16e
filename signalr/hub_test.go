package signalr

import (
	"context"
	"errors"
	"math"
	"net/http"
	"strings"
)

// testHub is the hub that most tests use.
type testHub struct {
	connected    chan string
	disconnected chan error
	refuse       func(*Call) error // nil: nobody
	hold         chan struct{}     // Hold waits for it
	held         chan struct{}     // Hold has begun
}

func newTestHub() *testHub {
	return &testHub{
		connected:    make(chan string, 100),
		disconnected: make(chan error, 100),
		hold:         make(chan struct{}),
		held:         make(chan struct{}, 100),
	}
}

func (h *testHub) OnConnected(call *Call) error {
	if h.refuse != nil {
		if err := h.refuse(call); err != nil {
			return err
		}
	}
	h.connected <- call.ConnectionID()
	return nil
}

func (h *testHub) OnDisconnected(call *Call, err error) { h.disconnected <- err }

func (*testHub) Echo(text string) string          { return text }
func (*testHub) Add(a int, b int) int             { return a + b }
func (*testHub) Nothing()                         {}
func (*testHub) ID(call *Call) string             { return call.ConnectionID() }
func (*testHub) User(call *Call) string           { return call.UserID() }
func (*testHub) Plain() error                     { return errors.New("a secret") }
func (*testHub) Told() error                      { return &HubError{Message: "shown"} }
func (*testHub) Panic()                           { panic("oops") }
func (*testHub) NotANumber() float64              { return math.NaN() }
func (*testHub) Abort(call *Call)                 { call.Abort() }
func (*testHub) Path(call *Call) string           { return call.Request().URL.Path }
func (*testHub) Fails() (string, error)           { return "", errors.New("no") }
func (*testHub) Upper(s string) (string, error)   { return strings.ToUpper(s), nil }
func (*testHub) ToAll(c *Call, text string) error { return c.Clients().All().Send("hear", text) }

func (*testHub) ToOthers(c *Call, text string) error {
	return c.Clients().Others().Send("hear", text)
}

func (*testHub) ToCaller(c *Call, text string) error {
	return c.Clients().Caller().Send("hear", text)
}

func (*testHub) ToConnections(c *Call, ids []string, text string) error {
	return c.Clients().Clients(ids...).Send("hear", text)
}

func (*testHub) ToGroup(c *Call, group, text string) error {
	return c.Clients().Group(group).Send("hear", text)
}

func (*testHub) ToOthersInGroup(c *Call, group, text string) error {
	return c.Clients().OthersInGroup(group).Send("hear", text)
}

func (*testHub) ToUsers(c *Call, users []string, text string) error {
	return c.Clients().Users(users...).Send("hear", text)
}

func (*testHub) Join(c *Call, id, group string) error  { return c.Groups().Add(id, group) }
func (*testHub) Leave(c *Call, id, group string) error { return c.Groups().Remove(id, group) }

// bomb goes off when it is encoded or decoded.
type bomb struct{}

func (bomb) MarshalJSON() ([]byte, error)  { panic("boom") }
func (*bomb) UnmarshalJSON(b []byte) error { panic("boom") }

func (*testHub) TakeBomb(bomb)  {}
func (*testHub) GiveBomb() bomb { return bomb{} }

// Hold waits for the test, or for the end of the connection.
func (h *testHub) Hold(ctx context.Context) error {
	h.held <- struct{}{}
	select {
	case <-h.hold:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// options mounts hub at "/hub", with the user taken from the query.
func options(hub any) Options {
	return Options{
		Hubs:   []HubOptions{{Path: "/hub", Hub: hub}},
		UserID: func(r *http.Request) string { return r.URL.Query().Get("user") },
	}
}
