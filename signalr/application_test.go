package signalr

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/signalmesh/signalmesh/signalr/protocol"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A badError misbehaves in one of its methods.
type badError struct{ in string }

func (e *badError) Error() string {
	if e.in == "Error" {
		panic("planted in Error")
	}
	return "bad " + e.in
}

func (e *badError) ErrorName() string {
	if e.in == "ErrorName" {
		panic("planted in ErrorName")
	}
	return "BadException"
}

func (e *badError) Is(error) bool {
	if e.in == "Is" {
		panic("planted in Is")
	}
	return false
}

func (e *badError) Unwrap() error {
	switch e.in {
	case "Unwrap":
		panic("planted in Unwrap")
	case "cycle":
		return e
	}
	return nil
}

// deep returns a HubError that wraps as many others as said.
func deep(n int) error {
	var err error = &HubError{Message: "innermost"}
	for range n {
		err = &HubError{Message: "outer", Err: err}
	}
	return err
}

// badErrors are errors that have ended processes.
func badErrors() map[string]error {
	self := &HubError{Message: "self"}
	self.Err = self
	joined := &HubError{Message: "joined"}
	joined.Err = errors.Join(errors.New("other"), joined)
	return map[string]error{
		"a nil HubError":               (*HubError)(nil),
		"a nil error of another type":  (*badError)(nil),
		"a wrapped nil HubError":       fmt.Errorf("wrapped: %w", (*HubError)(nil)),
		"Error that panics":            &badError{"Error"},
		"ErrorName that panics":        &badError{"ErrorName"},
		"Is that panics":               &badError{"Is"},
		"Unwrap that panics":           &badError{"Unwrap"},
		"Unwrap that returns itself":   &badError{"cycle"},
		"a HubError of such an error":  &HubError{Message: "told", Err: &badError{"Error"}},
		"a HubError that wraps itself": self,
		"a HubError that joins itself": joined,
		"a chain of a million errors":  deep(1_000_000),
	}
}

// A planted hub returns err, or panics if err is nil.
type planted struct{ err error }

func (p *planted) plant() error {
	if p.err == nil {
		panic(map[string]any{"planted": p})
	}
	return p.err
}

func (p *planted) Echo(s string) string { return s }

func (p *planted) Result() error         { return p.plant() }
func (p *planted) Both() (string, error) { return "", p.plant() }
func (p *planted) Broken() iter.Seq2[int, error] {
	return func(yield func(int, error) bool) { yield(1, p.plant()) }
}
func (p *planted) OnConnected(call *Call) error {
	if call.Request().URL.Query().Has("refused") {
		return p.plant()
	}
	return nil
}
func (p *planted) OnDisconnected(*Call, error) { panic(p) }
func (p *planted) Give() value                 { return value{p} }
func (p *planted) GivePointer() *value         { return &value{p} }
func (p *planted) Take(value)                  {}
func (p *planted) TakeAll(values *Upload[value]) (n int, err error) {
	for _, err := range values.All() {
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}
func (p *planted) Items() iter.Seq2[value, error] {
	return func(yield func(value, error) bool) { yield(value{p}, nil) }
}
func (p *planted) Push(call *Call) error { return call.Clients().Caller().Send("Take", value{p}) }
func (p *planted) Key(call *Call) error {
	return call.Clients().Caller().Send("Take", map[value]int{{p}: 1})
}
func (p *planted) Ask(call *Call) error {
	_, err := Invoke[value](call.Context(), call.Clients().Caller(), "Question")
	return err
}
func (p *planted) Exit() { runtime.Goexit() }
func (p *planted) ExitStream() iter.Seq2[int, error] {
	return func(func(int, error) bool) { runtime.Goexit() }
}

// current is the hub of values that are decoded.
var current *planted

// A value calls plant of p when it is encoded, and of current when it is decoded.
type value struct{ p *planted }

func (v value) MarshalJSON() ([]byte, error) { return nil, v.p.plant() }
func (v value) MarshalText() ([]byte, error) { return nil, v.p.plant() }
func (v *value) UnmarshalJSON([]byte) error  { return current.plant() }
func (v *value) UnmarshalText([]byte) error  { return current.plant() }

// A badHandler is a slog.Handler that panics in one of its methods.
type badHandler struct{ in string }

func (h badHandler) Enabled(context.Context, slog.Level) bool {
	if h.in == "Enabled" {
		panic(h.in)
	}
	return true
}
func (h badHandler) Handle(context.Context, slog.Record) error {
	if h.in == "Handle" {
		panic(h.in)
	}
	return nil
}
func (h badHandler) WithAttrs([]slog.Attr) slog.Handler {
	if h.in == "WithAttrs" {
		panic(h.in)
	}
	return nil
}
func (h badHandler) WithGroup(string) slog.Handler { panic("WithGroup") }

// exercise lets a client use every place of the hub where the application has a part,
// and sees to it that all of it is answered.
func exercise(t *testing.T, s *site, p protocol.Protocol, hub *planted) {
	current = hub
	c := s.connect("/hub", p)
	for _, target := range []string{"Result", "Both", "Give", "GivePointer", "Push", "Key"} {
		assert.True(t, c.invoke(target).Failed, target)
	}
	assert.True(t, c.invoke("Take", "x").Failed, "Take")
	for _, target := range []string{"Broken", "Items"} {
		c.send(protocol.Invocation{InvocationID: target, Target: target, Stream: true, Arguments: []any{}})
		for {
			if completion, ok := c.next().(protocol.Completion); ok {
				assert.Equal(t, target, completion.InvocationID)
				assert.True(t, completion.Failed, target)
				break
			}
		}
	}
	c.send(protocol.Invocation{InvocationID: "u", Target: "TakeAll", Arguments: []any{}, StreamIDs: []string{"s"}})
	c.send(protocol.StreamItem{InvocationID: "s", Item: "x"})
	assert.True(t, c.next().(protocol.Completion).Failed, "TakeAll")
	c.start("Ask")
	question := c.next().(protocol.Invocation)
	c.send(protocol.Completion{InvocationID: question.InvocationID, HasResult: true, Result: "x"})
	assert.True(t, c.next().(protocol.Completion).Failed, "Ask")
	assert.Equal(t, "alive", result[string](c, "Echo", "alive"))
	s.dial("/hub?refused", p).sendText(fmt.Sprintf(`{"protocol":%q,"version":1}`+"\x1e", p.Name()))
	c.ws.NetConn().Close() // OnDisconnected panics
}

func TestNoValueOfTheApplicationEndsTheServer(t *testing.T) {
	for _, detailed := range []bool{false, true} {
		for name, err := range badErrors() {
			both(t, func(t *testing.T, p protocol.Protocol) {
				t.Run(fmt.Sprintf("%s, detailed %v", name, detailed), func(t *testing.T) { plantAndCheck(t, p, err, detailed) })
			})
		}
		both(t, func(t *testing.T, p protocol.Protocol) {
			t.Run(fmt.Sprintf("a panic, detailed %v", detailed), func(t *testing.T) { plantAndCheck(t, p, nil, detailed) })
		})
	}
}

func plantAndCheck(t *testing.T, p protocol.Protocol, err error, detailed bool) {
	hub := &planted{err}
	o := Options{Hubs: []HubOptions{{Path: "/hub", Hub: hub}}, Limits: Limits{DetailedErrors: detailed}}
	s := start(t, o)
	other := s.connect("/hub", p)
	exercise(t, s, p, hub)
	assert.Equal(t, "alive", result[string](other, "Echo", "alive"))
}

func TestNoFunctionOfTheApplicationEndsTheServer(t *testing.T) {
	boom := func() { panic(errors.New("planted")) }
	for name, plant := range map[string]func(*Options){
		"Authenticate": func(o *Options) {
			o.Authenticate = func(*http.Request) (*User, error) { boom(); return nil, nil }
		},
		"Authenticate, an error": func(o *Options) {
			o.Authenticate = func(*http.Request) (*User, error) { return nil, (*badError)(nil) }
		},
		"Authorize": func(o *Options) {
			o.Authenticate = func(*http.Request) (*User, error) { return &User{ID: "ann"}, nil }
			o.Hubs[0].Authorize = func(*User) bool { boom(); return true }
		},
		"AuthorizeMethods": func(o *Options) {
			o.Authenticate = func(*http.Request) (*User, error) { return &User{ID: "ann"}, nil }
			o.Hubs[0].AuthorizeMethods = map[string]Policy{"Echo": func(*User) bool { boom(); return true }}
		},
		"UserID":      func(o *Options) { o.UserID = func(*http.Request) string { boom(); return "" } },
		"CheckOrigin": func(o *Options) { o.CheckOrigin = func(*http.Request) bool { boom(); return true } },
		"Naming":      func(o *Options) { o.Values.Naming = func(string) string { boom(); return "" } },
		"a converter": func(o *Options) {
			o.Values.Converters = []protocol.Converter{protocol.Convert(
				func(time.Time) (string, error) { boom(); return "", nil },
				func(string) (time.Time, error) { boom(); return time.Time{}, nil })}
		},
		"a converter, an error": func(o *Options) {
			o.Values.Converters = []protocol.Converter{protocol.Convert(
				func(time.Time) (string, error) { return "", (*badError)(nil) },
				func(string) (time.Time, error) { return time.Time{}, (*badError)(nil) })}
		},
		"a converter without functions": func(o *Options) {
			o.Values.Converters = []protocol.Converter{protocol.Convert[time.Time, string](nil, nil)}
		},
		"Filter.Invoke": func(o *Options) {
			o.Filters = []Filter{{Invoke: func(*Invocation, InvokeFunc) (any, error) { boom(); return nil, nil }}}
		},
		"Filter.Invoke, an error": func(o *Options) {
			o.Filters = []Filter{{Invoke: func(*Invocation, InvokeFunc) (any, error) { return nil, (*HubError)(nil) }}}
		},
		"Filter.Connect": func(o *Options) {
			o.Filters = []Filter{{Connect: func(*Call, ConnectFunc) error { boom(); return nil }}}
		},
		"Filter.Connect, an error": func(o *Options) {
			o.Filters = []Filter{{Connect: func(*Call, ConnectFunc) error { return (*HubError)(nil) }}}
		},
		"Filter.Disconnect": func(o *Options) {
			o.Filters = []Filter{{Disconnect: func(*Call, error, DisconnectFunc) { boom() }}}
		},
		"Logger.Enabled":   func(o *Options) { o.Logger = slog.New(badHandler{"Enabled"}) },
		"Logger.Handle":    func(o *Options) { o.Logger = slog.New(badHandler{"Handle"}) },
		"Logger.WithAttrs": func(o *Options) { o.Logger = slog.New(badHandler{"WithAttrs"}) },
		"a nil handler":    func(o *Options) { o.Logger = slog.New(badHandler{""}) },
		"an empty Logger":  func(o *Options) { o.Logger = new(slog.Logger) },
		"runtime.Goexit in OnConnected": func(o *Options) {
			o.Filters = []Filter{{Connect: func(*Call, ConnectFunc) error { runtime.Goexit(); return nil }}}
		},
		"runtime.Goexit in OnDisconnected": func(o *Options) {
			o.Filters = []Filter{{Disconnect: func(*Call, error, DisconnectFunc) { runtime.Goexit() }}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := Options{Hubs: []HubOptions{{Path: "/hub", Hub: newTestHub(), Name: "planted"}, {Path: "/good", Hub: newTestHub()}}}
			plant(&o)
			s := start(t, o)
			for range 2 {
				for _, path := range []string{"/hub", "/good"} {
					attack(t, s, path)
				}
			}
			closed := make(chan struct{})
			go func() { s.Close(); close(closed) }()
			select {
			case <-closed:
			case <-time.After(20 * time.Second):
				require.FailNow(t, "Close waits for a connection for ever")
			}
		})
	}
}

// attack uses a hub as far as it can be reached: nothing of it may end the process, or
// hold up the server's end.
func attack(t *testing.T, s *site, path string) {
	response, err := s.client.Post("http://test"+path+"/negotiate?negotiateVersion=1", "", nil)
	require.NoError(t, err, "a request is answered whatever the application does")
	response.Body.Close()
	ws, response, err := (&websocket.Dialer{NetDialContext: s.listener.dial}).Dial("ws://test"+path, nil)
	if err != nil {
		require.NotNil(t, response, "a refused WebSocket is answered: %v", err)
		return
	}
	defer ws.Close()
	_ = ws.WriteMessage(1, []byte(`{"protocol":"json","version":1}`+"\x1e"+
		`{"type":1,"invocationId":"1","target":"Echo","arguments":["x"]}`+"\x1e"))
	_ = ws.SetReadDeadline(time.Now().Add(10 * time.Second))
	for {
		_, data, err := ws.ReadMessage()
		if err != nil || strings.Contains(string(data), `"type":3`) {
			var late net.Error
			require.False(t, errors.As(err, &late) && late.Timeout(), "neither answered nor closed")
			return
		}
	}
}

func TestMethodsThatEndTheirGoroutineAreAnswered(t *testing.T) {
	c := start(t, Options{Hubs: []HubOptions{{Path: "/hub", Hub: &planted{}}}}).connect("/hub", protocol.JSON())
	for range 3 {
		assert.Equal(t, "An unexpected error occurred invoking 'Exit' on the server.", c.invoke("Exit").Error)
	}
	c.send(protocol.Invocation{InvocationID: "s", Target: "ExitStream", Stream: true, Arguments: []any{}})
	assert.True(t, c.next().(protocol.Completion).Failed)
	assert.Equal(t, "alive", result[string](c, "Echo", "alive"))
}

func TestNilPointersInOptionsAreRefused(t *testing.T) {
	_, err := NewServer(Options{Hubs: []HubOptions{{Path: "/hub", Hub: (*planted)(nil)}}, Backplane: (*busNode)(nil)})
	assert.ErrorContains(t, err, `hub at "/hub" is a nil *signalr.planted`)
	assert.ErrorContains(t, err, `Backplane is a nil *signalr.busNode`)
}

// Sends from outside hub methods run in goroutines of the application, which no server
// guards.
func TestArgumentsThatPanicAreErrorsOfTheSend(t *testing.T) {
	s := start(t, Options{Hubs: []HubOptions{{Path: "/hub", Hub: &planted{}}}})
	c := s.connect("/hub", protocol.JSON())
	require.Equal(t, "x", result[string](c, "Echo", "x")) // messages are encoded for it
	err := s.Hub("/hub").Clients(t.Context()).All().Send("Take", value{&planted{}})
	assert.ErrorContains(t, err, `encode "Take" for json: an argument panicked`)
}
