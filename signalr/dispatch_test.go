package signalr

import (
	"testing"

	"github.com/signalmesh/signalmesh/signalr/protocol"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestInvocationsReturnResults(t *testing.T) {
	both(t, func(t *testing.T, p protocol.Protocol) {
		c := start(t, options(newTestHub())).connect("/hub?user=ann", p)
		assert.Equal(t, "hi", result[string](c, "Echo", "hi"))
		assert.Equal(t, "hi", result[string](c, "eCHO", "hi"), "names differ by case")
		assert.Equal(t, 5, result[int](c, "Add", 2, 3))
		assert.Equal(t, "HI", result[string](c, "Upper", "hi"))
		assert.Equal(t, "ann", result[string](c, "User"))
		assert.Equal(t, "/hub", result[string](c, "Path"))
		assert.Len(t, result[string](c, "ID"), 22)
		completion := c.invoke("Nothing")
		assert.True(t, completion.HasResult, "nothing is null, as in .NET")
		assert.Nil(t, result[any](c, "Nothing"))
	})
}

func TestFailedInvocationsAreToldInTheWordsOfDotNet(t *testing.T) {
	cases := []struct {
		name     string
		send     protocol.Invocation
		want     string
		detailed string // with DetailedErrors; empty: the same
	}{
		{
			name: "unknown method", send: protocol.Invocation{Target: "Nope"},
			want: "Failed to invoke 'Nope' due to an error on the server. HubException: Method does not exist.",
		}, {
			name: "lifecycle method", send: protocol.Invocation{Target: "OnConnected"},
			want: "Failed to invoke 'OnConnected' due to an error on the server. HubException: Method does not exist.",
		}, {
			name: "too few arguments", send: protocol.Invocation{Target: "echo"},
			want:     "Failed to invoke 'Echo' due to an error on the server.",
			detailed: "Failed to invoke 'Echo' due to an error on the server. InvalidDataException: Invocation provides 0 argument(s) but target expects 1.",
		}, {
			name: "too many arguments", send: protocol.Invocation{Target: "Nothing", Arguments: []any{1, 2}},
			want:     "Failed to invoke 'Nothing' due to an error on the server.",
			detailed: "Failed to invoke 'Nothing' due to an error on the server. InvalidDataException: Invocation provides 2 argument(s) but target expects 0.",
		}, {
			name: "wrong type", send: protocol.Invocation{Target: "Add", Arguments: []any{1, "two"}},
			want:     "Failed to invoke 'Add' due to an error on the server.",
			detailed: "Failed to invoke 'Add' due to an error on the server. InvalidDataException: Error binding arguments. Make sure that the types of the provided values match the types of the hub method being invoked.",
		}, {
			name: "error", send: protocol.Invocation{Target: "Plain"},
			want:     "An unexpected error occurred invoking 'Plain' on the server.",
			detailed: "An unexpected error occurred invoking 'Plain' on the server. Exception: a secret",
		}, {
			name: "error beside a result", send: protocol.Invocation{Target: "Fails"},
			want:     "An unexpected error occurred invoking 'Fails' on the server.",
			detailed: "An unexpected error occurred invoking 'Fails' on the server. Exception: no",
		}, {
			name: "hub error", send: protocol.Invocation{Target: "Told"},
			want: "An unexpected error occurred invoking 'Told' on the server. HubException: shown",
		}, {
			name: "panic", send: protocol.Invocation{Target: "Panic"},
			want:     "An unexpected error occurred invoking 'Panic' on the server.",
			detailed: "An unexpected error occurred invoking 'Panic' on the server. Exception: Panic panicked: oops",
		}, {
			name: "streaming invocation", send: protocol.Invocation{Target: "Echo", Arguments: []any{"x"}, Stream: true},
			want: "The client attempted to invoke the non-streaming 'Echo' method with a streaming invocation.",
		}, {
			name: "upload streams", send: protocol.Invocation{Target: "Nothing", StreamIDs: []string{"1", "2"}},
			want: "An unexpected error occurred invoking 'Nothing' on the server. HubException: Client sent 2 stream(s), Hub method expects 0.",
		},
	}
	both(t, func(t *testing.T, p protocol.Protocol) {
		for _, detailed := range []bool{false, true} {
			o := options(newTestHub())
			o.DetailedErrors = detailed
			c := start(t, o).connect("/hub", p)
			for _, test := range cases {
				test.send.InvocationID = "7"
				test.send.Arguments = orEmpty(test.send.Arguments)
				c.send(test.send)
				want := test.want
				if detailed && test.detailed != "" {
					want = test.detailed
				}
				assert.Equal(t, protocol.Completion{InvocationID: "7", Failed: true, Error: want}, stripHeaders(c.next()), test.name)
			}
			assert.Equal(t, "alive", result[string](c, "Echo", "alive"))
		}
	})
}

// stripHeaders makes completions comparable: no headers may be nil or empty.
func stripHeaders(m protocol.Message) protocol.Message {
	if c, ok := m.(protocol.Completion); ok && len(c.Headers) == 0 {
		c.Headers = nil
		return c
	}
	return m
}

func TestResultsThatCannotBeEncodedFailTheInvocationOnly(t *testing.T) {
	c := start(t, options(newTestHub())).connect("/hub", protocol.JSON())
	assert.Equal(t, "An unexpected error occurred invoking 'NotANumber' on the server.", c.invoke("NotANumber").Error)
	assert.Equal(t, "alive", result[string](c, "Echo", "alive"))
}

func TestPanicsOfTypesFailTheInvocationOnly(t *testing.T) {
	c := start(t, options(newTestHub())).connect("/hub", protocol.JSON())
	assert.Equal(t, "Failed to invoke 'TakeBomb' due to an error on the server.", c.invoke("TakeBomb", 1).Error)
	assert.Equal(t, "An unexpected error occurred invoking 'GiveBomb' on the server.", c.invoke("GiveBomb").Error)
	assert.Equal(t, "alive", result[string](c, "Echo", "alive"))
}

func TestFireAndForgetIsNeverAnswered(t *testing.T) {
	both(t, func(t *testing.T, p protocol.Protocol) {
		c := start(t, options(newTestHub())).connect("/hub", p)
		for _, target := range []string{"Nope", "Plain", "Panic", "Echo", "Nothing"} {
			c.send(protocol.Invocation{Target: target, Arguments: []any{}})
		}
		assert.Equal(t, "first answer", result[string](c, "Echo", "first answer"))
	})
}

func TestMessagesForNothingAreIgnored(t *testing.T) {
	both(t, func(t *testing.T, p protocol.Protocol) {
		c := start(t, options(newTestHub())).connect("/hub", p)
		c.send(protocol.StreamItem{InvocationID: "x", Item: 1})
		c.send(protocol.Completion{InvocationID: "x", HasResult: true, Result: 1})
		c.send(protocol.CancelInvocation{InvocationID: "x"})
		c.send(protocol.Ack{SequenceID: 1})
		c.send(protocol.Sequence{SequenceID: 1})
		assert.Equal(t, "alive", result[string](c, "Echo", "alive"))
	})
}

func TestUnknownMessageTypesAreSkipped(t *testing.T) {
	c := start(t, options(newTestHub())).connect("/hub", protocol.JSON())
	c.sendText(`{"type":42,"more":true}` + "\x1e")
	assert.Equal(t, "alive", result[string](c, "Echo", "alive"))
}

func TestMessagesMaySpanAndShareFrames(t *testing.T) {
	both(t, func(t *testing.T, p protocol.Protocol) {
		c := start(t, options(newTestHub())).connect("/hub", p)
		var stream []byte
		for _, text := range []string{"a", "b", "c"} {
			var err error
			stream, err = p.Append(stream, protocol.Invocation{InvocationID: text, Target: "Echo", Arguments: []any{text}})
			require.NoError(t, err)
		}
		cut := len(stream)/2 + 1
		require.NoError(t, c.ws.WriteMessage(1, stream[:cut]))
		for _, b := range stream[cut:] {
			require.NoError(t, c.ws.WriteMessage(2, []byte{b}))
		}
		for _, id := range []string{"a", "b", "c"} {
			assert.Equal(t, id, c.next().(protocol.Completion).InvocationID)
		}
	})
}

func TestOneClientsInvocationsRunInOrderWhilePingsAreRead(t *testing.T) {
	hub := newTestHub()
	c := start(t, options(hub)).connect("/hub", protocol.JSON())
	held := c.start("Hold")
	<-hub.held
	c.send(protocol.Ping{}) // read although a method runs
	echo := c.start("Echo", "x")
	close(hub.hold)
	assert.Equal(t, held, c.next().(protocol.Completion).InvocationID)
	assert.Equal(t, echo, c.next().(protocol.Completion).InvocationID)
}

func TestParallelInvocationsOvertake(t *testing.T) {
	hub := newTestHub()
	o := options(hub)
	o.ParallelInvocations = 2
	c := start(t, o).connect("/hub", protocol.JSON())
	held := c.start("Hold")
	<-hub.held
	for range 10 {
		assert.Equal(t, "x", result[string](c, "Echo", "x"))
	}
	close(hub.hold)
	assert.Equal(t, held, c.next().(protocol.Completion).InvocationID)
}
