package signalr

import (
	"context"
	"fmt"
	"reflect"
	"sync"
	"time"

	"github.com/signalmesh/signalmesh/signalr/protocol"
)

// stream runs a hub method that streams, and sends the client what it gives. The
// client always gets a completion.
func (c *connection) stream(m *method, inv protocol.Invocation, args []reflect.Value, r *running) {
	start := time.Now()
	text := c.failure(m, errExited)
	defer func() { // also when the method ends the goroutine
		c.running.end(m, r) // releases who still produces
		c.server.metrics.invoked(start, text == "")
		completion := protocol.Completion{InvocationID: inv.InvocationID, Failed: text != "", Error: text}
		frame, _ := c.server.protocols[c.protocol].Append(nil, completion) // it has nothing that could not be encoded
		if c.outbox.putPaced(c.ctx, frame) == nil {
			c.server.metrics.sent.Inc()
		}
	}()
	text = c.produce(m, args, r)
}

// produce sends the elements of a stream, and returns what the client is told in
// the end: nothing if the stream came to its end or was cancelled.
func (c *connection) produce(m *method, args []reflect.Value, r *running) string {
	result, err := c.call(m, args, r)
	begun := err == nil
	if begun {
		source, kind := streamOf(result)
		if kind == noStream {
			return fmt.Sprintf("The value returned by the streaming method '%s' is not a ChannelReader<> or IAsyncEnumerable<>.", m.name)
		}
		err = c.protect(m.name, func() error {
			send := func(item reflect.Value) error { return c.sendItem(r, item) }
			if kind == channelStream {
				return eachReceived(r.ctx, source, send)
			}
			return eachYielded(source, send)
		})
	}
	if err == nil || r.cancelled() { // to cancel is no error
		return ""
	}
	err = r.explain(err)
	c.logFailure("stream failed", m, r, err)
	if !begun {
		return c.failure(m, err)
	}
	return describe("An error occurred on the server while streaming results.", err, c.hub.options.DetailedErrors)
}

// sendItem sends an element and waits until it is time for the next one: that is
// when little waits for the client.
func (c *connection) sendItem(r *running, item reflect.Value) error {
	var frame []byte
	err := c.protect("stream", func() (err error) { // types may encode themselves
		frame, err = c.server.protocols[c.protocol].Append(nil, protocol.StreamItem{InvocationID: r.id, Item: item.Interface()})
		return err
	})
	if err != nil {
		c.log().Error("element of a stream not encoded", "err", err)
		return err
	}
	if err := c.outbox.putPaced(r.ctx, frame); err != nil {
		return err
	}
	c.server.metrics.sent.Inc()
	return c.outbox.awaitRoom(r.ctx)
}

// eachReceived sends what comes from a channel, until that is closed or ctx ends.
// A channel closed after the end of ctx has come to no good end of its own: the
// error is ctx's cause.
func eachReceived(ctx context.Context, channel reflect.Value, send func(reflect.Value) error) error {
	cases := []reflect.SelectCase{
		{Dir: reflect.SelectRecv, Chan: channel},
		{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(ctx.Done())},
	}
	for ctx.Err() == nil {
		chosen, item, open := reflect.Select(cases)
		switch {
		case chosen != 0:
			return context.Cause(ctx)
		case !open:
			return context.Cause(ctx) // nil while ctx lives
		}
		if err := send(item); err != nil {
			return err
		}
	}
	return context.Cause(ctx)
}

// eachYielded sends what an iter.Seq2[T, error] yields, up to the first error. Unlike a
// range loop it does not panic if the iterator continues after that.
func eachYielded(seq reflect.Value, send func(reflect.Value) error) (err error) {
	var mu sync.Mutex // an iterator may yield from other goroutines
	over := false
	more := func(pair []reflect.Value) []reflect.Value {
		mu.Lock()
		defer mu.Unlock()
		if !over {
			failure, failed := pair[1].Interface().(error)
			if err = failure; !failed {
				err = send(pair[0])
			}
			over = err != nil
		}
		return []reflect.Value{reflect.ValueOf(!over)}
	}
	defer func() {
		mu.Lock()
		defer mu.Unlock()
		over = true
	}()
	seq.Call([]reflect.Value{reflect.MakeFunc(seq.Type().In(0), more)})
	mu.Lock()
	defer mu.Unlock()
	return err
}
