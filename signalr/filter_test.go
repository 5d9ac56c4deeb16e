package signalr

import (
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"

	"github.com/signalmesh/signalmesh/signalr/protocol"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// bare is a hub without lifecycle methods.
type bare struct{}

func (bare) Echo(text string) string                     { return text }
func (bare) Nothing()                                    {}
func (bare) Maybe(p *string, list []int) string          { return fmt.Sprint(p == nil, len(list)) }
func (bare) Fails() (string, error)                      { return "", errors.New("a secret") }
func (bare) Panics()                                     { panic("oops") }
func (bare) Join(words <-chan string, by string) string  { return strings.Join(collect(words), by) }
func (bare) Count(n int) iter.Seq2[int, error]           { return counting(n) }
func (bare) Each(n int) <-chan int                       { return filled(n) }
func (bare) Never(n int) (<-chan int, error)             { return nil, errors.New("never") }
func (bare) Both(in <-chan int, add int) <-chan int      { return added(in, add) }
func (bare) Whoami(call *Call, _ string) (string, error) { return call.UserID(), nil }

func collect(words <-chan string) (all []string) {
	for word := range words {
		all = append(all, word)
	}
	return all
}

func counting(n int) iter.Seq2[int, error] {
	return func(yield func(int, error) bool) {
		for i := range n {
			if !yield(i, nil) {
				return
			}
		}
	}
}

func filled(n int) <-chan int {
	items := make(chan int, n)
	for i := range n {
		items <- i
	}
	close(items)
	return items
}

func added(in <-chan int, add int) <-chan int {
	out := make(chan int, 10)
	for n := range in {
		out <- n + add
	}
	close(out)
	return out
}

// filtered opens a server with one hub and these filters.
func filtered(t *testing.T, hub any, filters ...Filter) *site {
	o := options(hub)
	o.Hubs[0].Filters = filters
	return start(t, o)
}

// invoking is a Filter of invocations only.
func invoking(f func(inv *Invocation, next InvokeFunc) (any, error)) Filter { return Filter{Invoke: f} }

func TestFiltersWrapFromTheOutermostInward(t *testing.T) {
	both(t, func(t *testing.T, p protocol.Protocol) {
		told := make(chan string, 100)
		named := func(name string) Filter {
			return Filter{
				Invoke: func(inv *Invocation, next InvokeFunc) (any, error) {
					told <- name + " " + inv.Method
					defer func() { told <- "end " + name }()
					return next(inv)
				},
				Connect: func(call *Call, next ConnectFunc) error {
					told <- name + " connects " + call.UserID()
					return next(call)
				},
				Disconnect: func(call *Call, err error, next DisconnectFunc) {
					told <- name + " disconnects"
					next(call, err)
				},
			}
		}
		hub := newTestHub()
		o := options(hub)
		o.Filters = []Filter{named("a"), {}, named("b")}
		o.Hubs[0].Filters = []Filter{named("c")}
		c := start(t, o).connect("/hub?user=ann", p)
		assert.Equal(t, "x", result[string](c, "echo", "x"))
		<-hub.connected
		c.ws.Close()
		require.NoError(t, <-hub.disconnected)
		close(told)
		var got []string
		for text := range told {
			got = append(got, text)
		}
		assert.Equal(t, []string{
			"a connects ann", "b connects ann", "c connects ann",
			"a Echo", "b Echo", "c Echo", "end c", "end b", "end a",
			"a disconnects", "b disconnects", "c disconnects",
		}, got)
	})
}

func TestFiltersChangeWhatGoesInAndComesOut(t *testing.T) {
	both(t, func(t *testing.T, p protocol.Protocol) {
		for name, test := range map[string]struct {
			filter func(inv *Invocation, next InvokeFunc) (any, error)
			method string
			args   []any
			want   string
		}{
			"arguments": {func(inv *Invocation, next InvokeFunc) (any, error) {
				inv.Args[0] = strings.ToUpper(inv.Args[0].(string))
				return next(inv)
			}, "Echo", []any{"x"}, "X"},
			"result": {func(inv *Invocation, next InvokeFunc) (any, error) {
				result, err := next(inv)
				return result.(string) + "!", err
			}, "Echo", []any{"x"}, "x!"},
			"result of none": {func(inv *Invocation, next InvokeFunc) (any, error) {
				result, err := next(inv)
				return fmt.Sprint(result), err
			}, "Nothing", nil, "<nil>"},
			"not called": {func(*Invocation, InvokeFunc) (any, error) { return "short", nil }, "Panics", nil, "short"},
			"error away": {func(inv *Invocation, next InvokeFunc) (any, error) {
				_, err := next(inv)
				return "no " + err.Error(), nil
			}, "Fails", nil, "no a secret"},
			"panic away": {func(inv *Invocation, next InvokeFunc) (result any, err error) {
				defer func() { result = recover() }()
				return next(inv)
			}, "Panics", nil, "oops"},
			"nil arguments": {func(inv *Invocation, next InvokeFunc) (any, error) {
				inv.Args[0], inv.Args[1] = nil, nil
				return next(inv)
			}, "Maybe", []any{"x", []int{1}}, "true 0"},
			"the caller": {func(inv *Invocation, next InvokeFunc) (any, error) {
				result, err := next(inv)
				return fmt.Sprint(result == inv.Call.UserID(), inv.Streams()), err
			}, "Whoami", []any{""}, "true false"},
		} {
			c := filtered(t, bare{}, invoking(test.filter)).connect("/hub?user=ann", p)
			assert.Equal(t, test.want, result[string](c, test.method, test.args...), name)
		}
	})
}

func TestFailuresOfFiltersAreThoseOfTheMethod(t *testing.T) {
	for name, test := range map[string]struct {
		filter func(inv *Invocation, next InvokeFunc) (any, error)
		want   string
	}{
		"error": {func(*Invocation, InvokeFunc) (any, error) { return nil, errors.New("inside") }, ""},
		"told":  {func(*Invocation, InvokeFunc) (any, error) { return nil, &HubError{Message: "not now"} }, " HubException: not now"},
		"panic": {func(*Invocation, InvokeFunc) (any, error) { panic("filter") }, ""},
		"wrong argument": {func(inv *Invocation, next InvokeFunc) (any, error) {
			inv.Args[0] = 5
			_, err := next(inv)
			return nil, &HubError{Message: err.Error()}
		}, " HubException: signalr: a filter gives Echo a int as argument 1; it takes a string"},
		"wrong number": {func(inv *Invocation, next InvokeFunc) (any, error) {
			inv.Args = append(inv.Args, 5)
			_, err := next(inv)
			return nil, &HubError{Message: err.Error()}
		}, " HubException: signalr: a filter gives Echo 2 arguments; it takes 1"},
	} {
		c := filtered(t, bare{}, invoking(test.filter)).connect("/hub", protocol.JSON())
		assert.Equal(t, "An unexpected error occurred invoking 'Echo' on the server."+test.want, c.invoke("Echo", "x").Error, name)
	}
}

func TestFiltersWrapStreams(t *testing.T) {
	both(t, func(t *testing.T, p protocol.Protocol) {
		doubled := invoking(func(inv *Invocation, next InvokeFunc) (any, error) {
			stream, err := next(inv)
			if !inv.Streams() || err != nil {
				return stream, err
			}
			numbers, ok := stream.(iter.Seq2[int, error])
			if !ok {
				return make(chan int), nil // not nil; closed by nobody
			}
			return iter.Seq2[string, error](func(yield func(string, error) bool) {
				for n, err := range numbers {
					if !yield(fmt.Sprint(2*n), err) {
						return
					}
				}
			}), nil
		})
		c := filtered(t, bare{}, doubled).connect("/hub", p)
		items, end := streamed[string](c, "Count", 3)
		assert.Equal(t, []string{"0", "2", "4"}, items)
		assert.Empty(t, end.Error)

		_, end = streamed[int](c, "Never", 1)
		assert.Equal(t, "An unexpected error occurred invoking 'Never' on the server.", end.Error)

		c = filtered(t, bare{}, invoking(func(inv *Invocation, next InvokeFunc) (any, error) {
			items := make(chan any, 1)
			items <- "instead"
			close(items)
			return items, nil
		})).connect("/hub", p)
		items, end = streamed[string](c, "Each", 1)
		assert.Equal(t, []string{"instead"}, items)
		assert.Empty(t, end.Error)

		for _, none := range []any{nil, 5, (chan int)(nil), func() {}} {
			c = filtered(t, bare{}, invoking(func(*Invocation, InvokeFunc) (any, error) { return none, nil })).connect("/hub", p)
			_, end = streamed[int](c, "Each", 1)
			assert.Equal(t, "The value returned by the streaming method 'Each' is not a ChannelReader<> or IAsyncEnumerable<>.", end.Error)
		}
	})
}

// streamed calls a method that streams, and collects what comes.
func streamed[T any](c *client, target string, args ...any) (items []T, end protocol.Completion) {
	c.lastID++
	id := fmt.Sprint(c.lastID)
	c.send(protocol.Invocation{InvocationID: id, Target: target, Arguments: orEmpty(args), Stream: true})
	for {
		switch m := c.next().(type) {
		case protocol.StreamItem:
			var item T
			require.NoError(c.t, c.protocol.Bind(m.Item.(protocol.Raw), &item))
			items = append(items, item)
		case protocol.Completion:
			return items, m
		}
	}
}

func TestUploadsPassFilters(t *testing.T) {
	louder := invoking(func(inv *Invocation, next InvokeFunc) (any, error) {
		inv.Args[0] = inv.Args[0].(string) + "+"
		return next(inv)
	})
	c := filtered(t, bare{}, louder).connect("/hub", protocol.JSON())
	c.send(protocol.Invocation{InvocationID: "1", Target: "Join", Arguments: []any{","}, StreamIDs: []string{"s"}})
	for _, word := range []string{"a", "b"} {
		c.send(protocol.StreamItem{InvocationID: "s", Item: word})
	}
	c.send(protocol.Completion{InvocationID: "s"})
	assert.Equal(t, protocol.Raw(`"a,+b"`), c.next().(protocol.Completion).Result)
}

func TestFiltersOfComingAndGoingNeedNoHubMethods(t *testing.T) {
	gone := make(chan error, 1)
	c := filtered(t, bare{}, Filter{
		Connect:    func(call *Call, next ConnectFunc) error { return next(call) },
		Disconnect: func(call *Call, err error, next DisconnectFunc) { next(call, err); gone <- err },
	}).connect("/hub", protocol.JSON())
	assert.Equal(t, "x", result[string](c, "Echo", "x"))
	c.ws.Close()
	require.NoError(t, <-gone)
}

func TestFiltersRefuseConnections(t *testing.T) {
	hub := newTestHub()
	c := filtered(t, hub, Filter{
		Connect: func(*Call, ConnectFunc) error { return &HubError{Message: "closed today"} },
	}).connect("/hub", protocol.JSON())
	assert.Equal(t, protocol.Close{Error: "Connection closed with an error. HubException: closed today"}, c.next())
	c.closed()
	assert.Empty(t, hub.connected)
	assert.Empty(t, hub.disconnected)
}

func TestWithoutFiltersNothingWraps(t *testing.T) {
	f := newFilters([]Filter{{}, {}}, bare{})
	assert.Nil(t, f.invoke)
	assert.Nil(t, f.connect)
	assert.Nil(t, f.disconnect)
}
