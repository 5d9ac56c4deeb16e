package signalr

import (
	"context"
	"errors"
	"io"
	"iter"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
	"github.com/signalmesh/signalmesh/signalr/protocol"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// ended waits for the completion of an upload's call and decodes its result.
func ended[T any](c *client, id string) (v T) {
	end := c.next().(protocol.Completion)
	require.Equal(c.t, id, end.InvocationID)
	require.Empty(c.t, end.Error)
	require.True(c.t, end.HasResult)
	require.NoError(c.t, c.protocol.Bind(end.Result.(protocol.Raw), &v))
	return v
}

func TestUploadsReachTheMethod(t *testing.T) {
	both(t, func(t *testing.T, p protocol.Protocol) {
		c := start(t, options(newStreamHub())).connect("/hub", p)
		id := c.upload("Sum", []string{"s"})
		for i := range 100 {
			c.item("s", i)
		}
		c.done("s")
		c.item("s", 1) // late
		c.done("s")
		assert.Equal(t, 4950, ended[int](c, id))

		id = c.upload("Concat", []string{"s"}, "> ")
		c.item("s", "a")
		c.item("unknown", "x")
		c.item("s", "b")
		c.send(protocol.Completion{InvocationID: "s", HasResult: true, Result: "a result just ends it"})
		assert.Equal(t, "> ab", ended[string](c, id))

		id = c.upload("TwoUploads", []string{"first", "second"}, ";")
		c.item("second", "a")
		c.item("second", "b")
		c.item("first", 1)
		c.item("first", 2)
		c.done("first")
		assert.Equal(t, "a;b;", ended[string](c, id), "streams go to parameters in order")
	})
}

func TestUploadFramesAreThoseOfTheJavaScriptClient(t *testing.T) {
	c := start(t, options(newStreamHub())).connect("/hub", protocol.JSON())
	c.sendText(`{"arguments":[],"invocationId":"1","streamIds":["0"],"target":"Sum","type":1}` + "\x1e" +
		`{"invocationId":"0","item":1,"type":2}` + "\x1e" + `{"invocationId":"0","item":2,"type":2}` + "\x1e" +
		`{"invocationId":"0","type":3}` + "\x1e")
	assert.Equal(t, `{"type":3,"invocationId":"1","result":3}`+"\x1e", c.raw(1))
}

func TestBothDirectionsInOneCall(t *testing.T) {
	both(t, func(t *testing.T, p protocol.Protocol) {
		c := start(t, options(newStreamHub())).connect("/hub", p)
		for _, target := range []string{"Double", "DoubleChannel"} {
			c.send(protocol.Invocation{InvocationID: "d", Target: target, Arguments: []any{}, StreamIDs: []string{"u"}, Stream: true})
			for i := range 50 {
				c.item("u", i)
				m, ok := c.next().(protocol.StreamItem)
				require.True(t, ok)
				var v int
				require.NoError(t, p.Bind(m.Item.(protocol.Raw), &v))
				assert.Equal(t, 2*i, v)
			}
			c.done("u")
			_, end := elements[int](c, "d")
			assert.False(t, end.Failed)
		}
	})
}

func TestFailedUploadsFailTheirCall(t *testing.T) {
	const badItem = "Failed to bind Stream message."
	for _, test := range []struct {
		target string
		args   []any
		stream bool
		want   string // without what Concat and the others add
	}{
		{target: "Concat", args: []any{""}, want: "An unexpected error occurred invoking 'Concat' on the server. HubException: "},
		{target: "SumOrFail", want: "An unexpected error occurred invoking 'SumOrFail' on the server. HubException: "},
		{target: "Double", stream: true, want: "An error occurred on the server while streaming results. HubException: "},
		{target: "DoubleChannel", stream: true, want: "An error occurred on the server while streaming results. HubException: "},
	} {
		both(t, func(t *testing.T, p protocol.Protocol) {
			c := start(t, options(newStreamHub())).connect("/hub", p)
			call := protocol.Invocation{InvocationID: "1", Target: test.target, Arguments: orEmpty(test.args), StreamIDs: []string{"u"}, Stream: test.stream}
			c.send(call)
			c.broken("u", "Something bad")
			_, end := elements[any](c, "1")
			assert.Equal(t, test.want+"Something bad", end.Error, test.target)

			c.send(call)
			c.item("u", map[string]any{"a": 1})
			c.item("u", map[string]any{"a": 1}) // late
			_, end = elements[any](c, "1")
			assert.Equal(t, test.want+badItem, end.Error, test.target)
		})
	}
}

func TestAMethodMayOverlookTheFailureOfItsChannel(t *testing.T) {
	c := start(t, options(newStreamHub())).connect("/hub", protocol.JSON())
	id := c.upload("Sum", []string{"u"})
	c.item("u", 1)
	c.item("u", 2)
	c.broken("u", "Something bad")
	assert.Equal(t, 3, ended[int](c, id), "what came before the failure counts")
}

func TestItemsThatDoNotFitAreExplainedIfErrorsAreDetailed(t *testing.T) {
	o := options(newStreamHub())
	o.DetailedErrors = true
	c := start(t, o).connect("/hub", protocol.JSON())
	other := c.upload("Sum", []string{"other"})
	id := c.upload("Concat", []string{"u"}, "")
	c.item("u", 1)
	end := c.next().(protocol.Completion)
	assert.Equal(t, id, end.InvocationID)
	assert.Contains(t, end.Error, "HubException: Failed to bind Stream message. InvalidDataException: value does not fit string")
	c.item("other", 5)
	c.done("other")
	assert.Equal(t, 5, ended[int](c, other), "only that stream fails")
}

func TestFullUploadsHoldUpTheirClient(t *testing.T) {
	for _, target := range []string{"WaitUpload", "WaitChannel"} {
		for _, size := range []int{0, 1, 3} {
			synctest.Test(t, func(t *testing.T) {
				hub := newStreamHub()
				o := options(hub)
				o.StreamBuffer = size
				if size == 0 {
					size = 10
				}
				c := start(t, o).connect("/hub", protocol.JSON())
				id := c.upload(target, []string{"u"})
				<-hub.begun
				for i := range size {
					c.item("u", i)
				}
				assert.Equal(t, "read", result[string](c, "Echo", "read"))
				echoed := make(chan string, 1)
				go func() { // the pipe takes no more than is read
					c.item("u", size) // one too many
					c.done("u")
					echoed <- c.start("Echo", "not read")
				}()
				synctest.Wait()
				assert.Empty(t, c.frames)
				hub.proceed <- struct{}{}
				echo := <-echoed
				got := make(map[string]bool)
				for range 2 {
					got[c.next().(protocol.Completion).InvocationID] = true
				}
				assert.Equal(t, map[string]bool{id: true, echo: true}, got)
			})
		}
	}
}

func TestAMethodThatEndsReleasesItsClient(t *testing.T) {
	both(t, func(t *testing.T, p protocol.Protocol) {
		c := start(t, options(newStreamHub())).connect("/hub", p)
		id := c.upload("Neglect", []string{"u"})
		for i := range 100 {
			c.item("u", i)
		}
		c.item("u", "does not fit, and is too late to be told")
		assert.Equal(t, "neglected", ended[string](c, id))
		assert.Equal(t, "alive", result[string](c, "Echo", "alive"))
		id = c.upload("Sum", []string{"u"})
		c.item("u", 7)
		c.done("u")
		assert.Equal(t, 7, ended[int](c, id), "the stream ID is free again")
	})
}

func TestUploadsEndWithTheConnection(t *testing.T) {
	for _, target := range []string{"WaitUpload", "WaitChannel"} {
		for _, items := range []int{0, 5, 20} { // with 20 the reader waits for room
			synctest.Test(t, func(t *testing.T) {
				hub := newStreamHub()
				s := start(t, options(hub))
				c := s.connect("/hub", protocol.JSON())
				c.upload(target, []string{"u"})
				<-hub.begun
				go func() { // until the connection ends
					for range items {
						frame, _ := c.protocol.Append(nil, protocol.StreamItem{InvocationID: "u", Item: 1})
						if c.ws.WriteMessage(websocket.BinaryMessage, frame) != nil {
							return
						}
					}
				}()
				synctest.Wait()
				closed := make(chan struct{})
				go func() {
					defer close(closed)
					assert.NoError(t, s.Close())
				}()
				synctest.Wait()
				assert.False(t, isClosed(closed), "Close waits for the method")
				close(hub.proceed)
				if err := <-hub.stopped; target == "WaitUpload" {
					assert.EqualError(t, err, "The underlying connection was closed.")
					assert.ErrorIs(t, err, context.Canceled)
				}
				<-closed
			})
		}
	}
}

func TestAFireAndForgetUploadIsReceived(t *testing.T) {
	hub := newStreamHub()
	c := start(t, options(hub)).connect("/hub", protocol.JSON())
	c.send(protocol.Invocation{Target: "WaitChannel", Arguments: []any{}, StreamIDs: []string{"u"}})
	<-hub.begun
	c.item("u", 1)
	c.done("u")
	close(hub.proceed)
	<-hub.stopped
	assert.Equal(t, "alive", result[string](c, "Echo", "alive"))
}

// inletFor returns an inlet with room for n items, and what ends its call and its
// connection.
func inletFor(n int) (in *inlet, over, lost chan struct{}) {
	over, lost = make(chan struct{}), make(chan struct{})
	return &inlet{items: make(chan any, n), ended: make(chan struct{}), over: over, lost: lost}, over, lost
}

func number(n int) *int { return &n }

func TestNextTellsItemsBeforeTheEnd(t *testing.T) {
	failure := errors.New("failure")
	for _, end := range []error{io.EOF, failure} {
		in, _, _ := inletFor(2)
		u := &Upload[int]{in: in, ctx: t.Context()}
		in.put(number(1))
		in.put(number(2))
		in.end(end)
		for _, want := range []int{1, 2} {
			got, err := u.Next(t.Context())
			require.NoError(t, err)
			assert.Equal(t, want, got)
		}
		for range 3 {
			_, err := u.Next(t.Context())
			assert.Equal(t, end, err)
		}
	}
}

func TestNextEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in, over, _ := inletFor(1)
		u := &Upload[int]{in: in, ctx: t.Context()}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := u.Next(ctx)
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		in.put(number(1))
		_, err = u.Next(ctx)
		assert.ErrorIs(t, err, context.DeadlineExceeded, "an ended context takes nothing")
		close(over)
		_, err = u.Next(t.Context())
		assert.NoError(t, err)
		_, err = u.Next(t.Context())
		assert.EqualError(t, err, "signalr: upload stream read after its call was over")
	})
}

func TestAllCanBeBrokenOffAndResumed(t *testing.T) {
	in, _, lost := inletFor(3)
	u := &Upload[int]{in: in, ctx: t.Context()}
	for i := range 3 {
		in.put(number(i))
	}
	for v, err := range u.All() {
		assert.Zero(t, v)
		assert.NoError(t, err)
		break
	}
	close(lost)
	var got []int
	var last error
	for v, err := range u.All() {
		if last = err; err == nil {
			got = append(got, v)
		}
	}
	assert.Equal(t, []int{1, 2}, got)
	assert.Equal(t, error(errConnectionClosed), last)
}

func TestUploadsOfAnyTypeTakeNull(t *testing.T) {
	in, _, _ := inletFor(1)
	u := &Upload[any]{in: in, ctx: t.Context()}
	in.put(new(any))
	got, err := u.Next(t.Context())
	assert.NoError(t, err)
	assert.Nil(t, got)
}

type withStream struct{ Items <-chan int }

type withUpload struct{ *Upload[int] }

type selfMade struct{ Done chan int }

func (selfMade) MarshalJSON() ([]byte, error) { return []byte("1"), nil }

type recursive struct {
	Next    *recursive
	_       func()
	Skipped func() `json:"-"`
}

type badStreams struct{}

func (badStreams) SendOnly(chan<- int)                    {}
func (badStreams) BothWays(chan int)                      {}
func (badStreams) ByValue(Upload[int])                    {}
func (badStreams) Embedded(*withUpload)                   {}
func (badStreams) InStruct(withStream)                    {}
func (badStreams) InSlice([]<-chan int)                   {}
func (badStreams) UploadInMap(map[string]*Upload[int])    {}
func (badStreams) OfStreams(<-chan (<-chan int))          {}
func (badStreams) OfFuncs(*Upload[func()])                {}
func (badStreams) ReturnsSendOnly() chan<- int            { return nil }
func (badStreams) ReturnsBothWays() chan int              { return nil }
func (badStreams) ReturnsSeq() iter.Seq[int]              { return nil }
func (badStreams) ReturnsPairs() iter.Seq2[int, string]   { return nil }
func (badStreams) ReturnsUpload() *Upload[int]            { return nil }
func (badStreams) ReturnsStreams() <-chan (<-chan int)    { return nil }
func (badStreams) ReturnsStruct() (*withStream, error)    { return nil, nil }
func (badStreams) ReturnsFunc() func(int)                 { return nil }
func (badStreams) Fine(recursive, <-chan selfMade)        {}
func (badStreams) FineToo(*Upload[recursive]) []recursive { return nil }

func TestStreamsOfShapesThatCannotBeAreRefused(t *testing.T) {
	_, err := NewServer(options(badStreams{}))
	for _, want := range []string{
		"badStreams.SendOnly: parameter 1: type chan<- int; take a <-chan int to receive a stream",
		"badStreams.BothWays: parameter 1: type chan int; take a <-chan int",
		"badStreams.ByValue: parameter 1: type signalr.Upload[int]: a stream is a parameter of its own, a *signalr.Upload",
		"badStreams.Embedded: parameter 1: type *signalr.withUpload embeds a stream; take *signalr.Upload[int] itself",
		"badStreams.InStruct: parameter 1: field signalr.withStream.Items: type <-chan int: a stream is a parameter or the result",
		"badStreams.InSlice: parameter 1: type <-chan int",
		"badStreams.UploadInMap: parameter 1: type *signalr.Upload[int]",
		"badStreams.OfStreams: parameter 1: type <-chan int",
		"badStreams.OfFuncs: parameter 1: type func() has no encoding",
		"badStreams.ReturnsSendOnly: result: type chan<- int; return <-chan int to stream",
		"badStreams.ReturnsBothWays: result: type chan int; return <-chan int to stream",
		"badStreams.ReturnsSeq: result: type iter.Seq[int]; return an iter.Seq2[T, error] or a <-chan T to stream",
		"badStreams.ReturnsPairs: result: type iter.Seq2[int,string]; return an iter.Seq2[T, error]",
		"badStreams.ReturnsUpload: result: type *signalr.Upload[int]",
		"badStreams.ReturnsStreams: result: type <-chan int",
		"badStreams.ReturnsStruct: result: field signalr.withStream.Items",
		"badStreams.ReturnsFunc: result: type func(int)",
	} {
		assert.ErrorContains(t, err, want)
	}
	assert.NotContains(t, err.Error(), "Fine")
}

// TestNothingIsLeftOfStreams relies on goleak for goroutines.
func TestNothingIsLeftOfStreams(t *testing.T) {
	hub := newStreamHub()
	s := start(t, options(hub))
	c := s.connect("/hub", protocol.JSON())
	for range 20 {
		elements[int](c, c.stream("Count", 20))
		id := c.upload("Sum", []string{"u"})
		c.item("u", 1)
		c.done("u")
		ended[int](c, id)
		id = c.stream("Endless")
		c.send(protocol.CancelInvocation{InvocationID: id})
		elements[string](c, id)
		c.lastID = 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.connections {
		c.running.mu.Lock()
		assert.Nil(t, c.running.calls)
		assert.Nil(t, c.running.uploads)
		assert.Zero(t, c.running.streams)
		c.running.mu.Unlock()
	}
}
