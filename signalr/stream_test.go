package signalr

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/signalmesh/signalmesh/signalr/protocol"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestStreamsSendEachElementAndThenACompletion(t *testing.T) {
	both(t, func(t *testing.T, p protocol.Protocol) {
		c := start(t, options(newStreamHub())).connect("/hub", p)
		for _, target := range []string{"Count", "CountSeq", "countorfail"} {
			for _, n := range []int{0, 1, 100} {
				got, end := elements[int](c, c.stream(target, n))
				assert.Len(t, got, n)
				for i, v := range got {
					assert.Equal(t, i, v)
				}
				assert.False(t, end.Failed)
				assert.False(t, end.HasResult, "the end of a stream is no result")
			}
		}
	})
}

func TestStreamFramesAreThoseOfDotNet(t *testing.T) {
	s := start(t, options(newStreamHub()))
	c := s.connect("/hub", protocol.JSON())
	c.sendText(`{"type":4,"invocationId":"x","target":"Buffered","arguments":[]}` + "\x1e")
	assert.Equal(t, `{"type":2,"invocationId":"x","item":"a"}`+"\x1e"+
		`{"type":2,"invocationId":"x","item":null}`+"\x1e"+
		`{"type":2,"invocationId":"x","item":{"n":1}}`+"\x1e"+
		`{"type":3,"invocationId":"x"}`+"\x1e", c.raw(4))

	c = s.connect("/hub", protocol.MessagePack())
	require.NoError(t, c.ws.WriteMessage(2, []byte("\x0f\x95\x04\x80\xa1x\xa8Buffered\x90")))
	assert.Equal(t, "\x07\x94\x02\x80\xa1x\xa1a"+
		"\x06\x94\x02\x80\xa1x\xc0"+
		"\x09\x94\x02\x80\xa1x\x81\xa1n\x01"+
		"\x06\x94\x03\x80\xa1x\x02", c.raw(4))
}

// raw waits for n hub messages and returns them as they came.
func (c *client) raw(n int) (all string) {
	for n > 0 {
		body, rest, err := c.protocol.Split(c.rest, 0)
		require.NoError(c.t, err)
		if body == nil {
			c.rest = append(c.rest, c.frame().data...)
			continue
		}
		all += string(c.rest[:len(c.rest)-len(rest)])
		c.rest = rest
		n--
	}
	return all
}

func TestFailedStreamsAreToldInTheWordsOfDotNet(t *testing.T) {
	const producing = "An error occurred on the server while streaming results."
	cases := []struct {
		target   string
		plain    bool // not a StreamInvocation
		args     []any
		streams  []string
		items    int
		want     string
		detailed string // with DetailedErrors; empty: the same
	}{
		{target: "FailsAfterTwo", items: 2, want: producing, detailed: producing + " Exception: a secret"},
		{target: "TellsAfterTwo", items: 2, want: producing + " HubException: shown"},
		{target: "PanicsAfterTwo", items: 2, want: producing, detailed: producing + " Exception: PanicsAfterTwo panicked: oops"},
		{
			target: "CountOrFail", args: []any{-1},
			want:     "An unexpected error occurred invoking 'CountOrFail' on the server.",
			detailed: "An unexpected error occurred invoking 'CountOrFail' on the server. Exception: negative",
		},
		{target: "Told", want: "An unexpected error occurred invoking 'Told' on the server. HubException: shown"},
		{
			target: "Panics", want: "An unexpected error occurred invoking 'Panics' on the server.",
			detailed: "An unexpected error occurred invoking 'Panics' on the server. Exception: Panics panicked: oops",
		},
		{target: "NilChannel", want: "The value returned by the streaming method 'NilChannel' is not a ChannelReader<> or IAsyncEnumerable<>."},
		{target: "NilSeq", want: "The value returned by the streaming method 'NilSeq' is not a ChannelReader<> or IAsyncEnumerable<>."},
		{target: "Count", plain: true, args: []any{1}, want: "The client attempted to invoke the streaming 'Count' method with a non-streaming invocation."},
		{target: "Sum", args: []any{}, streams: []string{"1"}, want: "The client attempted to invoke the non-streaming 'Sum' method with a streaming invocation."},
		{target: "Double", want: "An unexpected error occurred invoking 'Double' on the server. HubException: Client sent 0 stream(s), Hub method expects 1."},
		{target: "Sum", plain: true, streams: []string{"1", "2"}, want: "An unexpected error occurred invoking 'Sum' on the server. HubException: Client sent 2 stream(s), Hub method expects 1."},
		{target: "Echo", plain: true, args: []any{"x"}, streams: []string{"1"}, want: "An unexpected error occurred invoking 'Echo' on the server. HubException: Client sent 1 stream(s), Hub method expects 0."},
		{target: "TwoUploads", plain: true, args: []any{""}, streams: []string{"1", "1"}, want: "An unexpected error occurred invoking 'TwoUploads' on the server. HubException: Stream ID '1' is already in use."},
		{
			target: "Concat", plain: true, streams: []string{"1"},
			want:     "Failed to invoke 'Concat' due to an error on the server.",
			detailed: "Failed to invoke 'Concat' due to an error on the server. InvalidDataException: Invocation provides 0 argument(s) but target expects 1.",
		},
		{
			target: "Nope", want: "Failed to invoke 'Nope' due to an error on the server. HubException: Method does not exist.",
		},
	}
	both(t, func(t *testing.T, p protocol.Protocol) {
		for _, detailed := range []bool{false, true} {
			o := options(newStreamHub())
			o.DetailedErrors = detailed
			c := start(t, o).connect("/hub", p)
			for _, test := range cases {
				c.send(protocol.Invocation{InvocationID: "7", Target: test.target, Arguments: orEmpty(test.args), StreamIDs: test.streams, Stream: !test.plain})
				want := test.want
				if detailed && test.detailed != "" {
					want = test.detailed
				}
				got, end := elements[string](c, "7")
				assert.Len(t, got, test.items, test.target)
				assert.Equal(t, protocol.Completion{InvocationID: "7", Failed: true, Error: want}, stripHeaders(end), test.target)
			}
			assert.Equal(t, "alive", result[string](c, "Echo", "alive"))
		}
	})
}

func TestElementsThatCannotBeEncodedEndTheStreamAndItsProducer(t *testing.T) {
	hub := newStreamHub()
	c := start(t, options(hub)).connect("/hub", protocol.JSON())
	got, end := elements[float64](c, c.stream("NotANumber"))
	assert.Empty(t, got)
	assert.Equal(t, "An error occurred on the server while streaming results.", end.Error)
	assert.Error(t, <-hub.stopped)
}

func TestCancelledStreamsCompleteWithoutError(t *testing.T) {
	both(t, func(t *testing.T, p protocol.Protocol) {
		for _, target := range []string{"Endless", "EndlessSeq", "Silent"} {
			hub := newStreamHub()
			c := start(t, options(hub)).connect("/hub", p)
			id := c.stream(target)
			if target == "Silent" {
				<-hub.begun
			} else {
				assert.IsType(t, protocol.StreamItem{}, c.next())
			}
			c.send(protocol.CancelInvocation{InvocationID: id})
			_, end := elements[string](c, id)
			assert.False(t, end.Failed, target)
			assert.False(t, end.HasResult, target)
			if err := <-hub.stopped; target != "EndlessSeq" {
				assert.Equal(t, context.Canceled, err, target)
			}
			c.send(protocol.CancelInvocation{InvocationID: id}) // late
			assert.Equal(t, "alive", result[string](c, "Echo", "alive"))
		}
	})
}

func TestPlainInvocationsCanBeCancelled(t *testing.T) {
	both(t, func(t *testing.T, p protocol.Protocol) {
		hub := newStreamHub()
		o := options(hub)
		o.DetailedErrors = true
		c := start(t, o).connect("/hub", p)
		id := c.start("Wait")
		<-hub.begun
		c.send(protocol.CancelInvocation{InvocationID: id})
		end := c.next().(protocol.Completion)
		assert.Equal(t, id, end.InvocationID)
		assert.Equal(t, "An unexpected error occurred invoking 'Wait' on the server. OperationCanceledException: context canceled", end.Error)
	})
}

func TestAnInvocationIDIsOneStreamsAtATime(t *testing.T) {
	hub := newStreamHub()
	c := start(t, options(hub)).connect("/hub", protocol.JSON())
	c.send(protocol.Invocation{InvocationID: "1", Target: "Silent", Arguments: []any{}, Stream: true})
	<-hub.begun
	c.send(protocol.Invocation{InvocationID: "1", Target: "CountSeq", Arguments: []any{3}, Stream: true})
	end := c.next().(protocol.Completion)
	assert.Equal(t, "1", end.InvocationID)
	assert.Equal(t, "Invocation ID '1' is already in use.", end.Error)
	c.send(protocol.CancelInvocation{InvocationID: "1"})
	assert.False(t, c.next().(protocol.Completion).Failed, "the first has gone on")
	c.send(protocol.Invocation{InvocationID: "1", Target: "CountSeq", Arguments: []any{3}, Stream: true})
	got, _ := elements[int](c, "1")
	assert.Equal(t, []int{0, 1, 2}, got, "the ID is free again")
}

func TestStreamsRunBesideInvocationsAndEachOther(t *testing.T) {
	hub := newStreamHub()
	c := start(t, options(hub)).connect("/hub", protocol.JSON())
	for range 3 {
		c.stream("Silent")
		<-hub.begun
	}
	c.upload("WaitUpload", []string{"u"})
	<-hub.begun
	assert.Equal(t, "x", result[string](c, "Echo", "x"))
	close(hub.proceed)
}

func TestStreamsOfOneClientAreBounded(t *testing.T) {
	hub := newStreamHub()
	o := options(hub)
	o.MaxStreams = 2
	c := start(t, o).connect("/hub", protocol.JSON())
	first := c.stream("Silent")
	c.stream("Silent")
	_, end := elements[string](c, c.stream("Silent"))
	assert.Equal(t, "An unexpected error occurred invoking 'Silent' on the server. HubException: More than 2 streams at a time.", end.Error)
	<-hub.begun
	<-hub.begun
	c.send(protocol.CancelInvocation{InvocationID: first})
	elements[string](c, first)
	got, _ := elements[int](c, c.stream("CountSeq", 3))
	assert.Len(t, got, 3)
}

func TestTheEndOfTheConnectionEndsItsStreams(t *testing.T) {
	for _, target := range []string{"Endless", "EndlessSeq", "Silent"} {
		for _, closing := range []string{"client", "transport", "server"} {
			hub := newStreamHub()
			s := start(t, options(hub))
			c := s.connect("/hub", protocol.JSON())
			c.stream(target)
			if target == "Silent" {
				<-hub.begun
			} else {
				c.next()
			}
			switch closing {
			case "client":
				c.send(protocol.Close{})
			case "transport":
				c.ws.NetConn().Close()
			case "server":
				require.NoError(t, s.Close())
				if target != "Endless" { // whose producer is a goroutine of the hub's own
					assert.Len(t, hub.stopped, 1, "Close waits for streams")
				}
			}
			<-hub.stopped
		}
	}
}

func TestASlowClientSlowsItsStream(t *testing.T) {
	for _, target := range []string{"Endless", "EndlessSeq"} {
		synctest.Test(t, func(t *testing.T) {
			hub := newStreamHub()
			s := start(t, options(hub))
			ws := s.open("/hub")
			defer ws.NetConn().Close()
			require.NoError(t, ws.WriteMessage(1, []byte(`{"protocol":"json","version":1}`+"\x1e")))
			_, _, err := ws.ReadMessage()
			require.NoError(t, err)
			require.NoError(t, ws.WriteMessage(1, []byte(`{"type":4,"invocationId":"1","target":"`+target+`","arguments":[]}`+"\x1e")))
			synctest.Wait()
			// Nothing is read: 64 KiB wait or are being written.
			assert.InDelta(t, 64, hub.produced.Load(), 3)

			// A client that reads some of it now and then gets more, and is never
			// closed for its slowness.
			received := 0
			for range 1000 {
				time.Sleep(time.Second)
				_, data, err := ws.ReadMessage()
				require.NoError(t, err)
				received += len(data)
				synctest.Wait()
				assert.LessOrEqual(t, hub.produced.Load(), int64(received/1000+70))
			}
			assert.Greater(t, received, 5_000_000)
			assert.Zero(t, testutil.ToFloat64(s.metrics.slow))
		})
	}
}

func TestManyStreamsOfASlowClientShareTheRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := newStreamHub()
		o := options(hub)
		o.OutboxSize = 20_000
		s := start(t, o)
		ws := s.open("/hub")
		defer ws.NetConn().Close()
		require.NoError(t, ws.WriteMessage(1, []byte(`{"protocol":"json","version":1}`+"\x1e")))
		ws.ReadMessage()
		for i := range 50 {
			require.NoError(t, ws.WriteMessage(1, fmt.Appendf(nil, `{"type":4,"invocationId":"%d","target":"Endless","arguments":[]}`+"\x1e", i)))
		}
		synctest.Wait()
		assert.LessOrEqual(t, hub.produced.Load(), int64(10+50), "half of the outbox, and one in each stream's hand")
		require.NoError(t, s.Hub("/hub").Clients(t.Context()).All().Send("hear", "there is room for others"))
		for range 1000 {
			_, _, err := ws.ReadMessage()
			require.NoError(t, err)
		}
		assert.Zero(t, testutil.ToFloat64(s.metrics.slow))
	})
}

func TestAClientThatReadsNothingLosesItsConnectionByTheWriteTimeoutOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := newStreamHub()
		s := start(t, options(hub))
		ws := s.open("/hub")
		defer ws.NetConn().Close()
		require.NoError(t, ws.WriteMessage(1, []byte(`{"protocol":"json","version":1}`+"\x1e")))
		ws.ReadMessage()
		begin := time.Now()
		require.NoError(t, ws.WriteMessage(1, []byte(`{"type":4,"invocationId":"1","target":"Endless","arguments":[]}`+"\x1e")))
		<-hub.stopped
		assert.Equal(t, 10*time.Second, time.Since(begin))
		assert.Zero(t, testutil.ToFloat64(s.metrics.slow))
	})
}

func TestPacedFramesWaitForRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOutbox(2000, func() {})
		frame := make([]byte, 500-frameOverhead)
		ctx, cancel := context.WithCancelCause(t.Context())
		require.NoError(t, o.putPaced(ctx, frame))
		require.NoError(t, o.putPaced(ctx, frame))
		waiting := make(chan error, 3)
		go func() { waiting <- o.putPaced(ctx, frame) }()
		synctest.Wait()
		assert.Empty(t, waiting)
		frames, _ := o.take(nil)
		assert.Len(t, frames, 2)
		synctest.Wait()
		assert.Empty(t, waiting, "they are still being written")
		go o.take(nil)
		assert.NoError(t, <-waiting)
		synctest.Wait()

		require.NoError(t, o.put(make([]byte, 1400)))
		for range 3 {
			go func() { waiting <- o.awaitRoom(ctx) }()
		}
		synctest.Wait()
		cancel(errors.New("enough"))
		for range 3 {
			assert.EqualError(t, <-waiting, "enough")
		}
		go func() { waiting <- o.putPaced(t.Context(), frame) }()
		synctest.Wait()
		o.seal(nil, false)
		assert.NoError(t, <-waiting, "what is put into a sealed outbox goes nowhere")
	})
}
