package signalr

import (
	"context"
	"errors"
	"io"
	"iter"
	"math"
	"strings"
	"sync/atomic"

	"github.com/signalmesh/signalmesh/signalr/protocol"
	"github.com/stretchr/testify/require"
)

// streamHub is the hub of the streaming tests.
type streamHub struct {
	produced atomic.Int64  // elements taken from Endless and EndlessSeq
	stopped  chan error    // the cause with which a producer stopped
	begun    chan struct{} // a method has begun
	proceed  chan struct{} // Wait* wait for it
	text     string        // what Endless sends
}

func newStreamHub() *streamHub {
	return &streamHub{
		stopped: make(chan error, 100),
		begun:   make(chan struct{}, 100),
		proceed: make(chan struct{}),
		text:    strings.Repeat("x", 1000),
	}
}

func (*streamHub) Echo(text string) string { return text }

func (*streamHub) Count(ctx context.Context, n int) <-chan int {
	out := make(chan int)
	go func() {
		defer close(out)
		for i := range n {
			select {
			case out <- i:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}

func (*streamHub) CountSeq(n int) iter.Seq2[int, error] {
	return func(yield func(int, error) bool) {
		for i := range n {
			if !yield(i, nil) {
				return
			}
		}
	}
}

func (h *streamHub) CountOrFail(n int) (iter.Seq2[int, error], error) {
	if n < 0 {
		return nil, errors.New("negative")
	}
	return h.CountSeq(n), nil
}

func (*streamHub) Buffered() (<-chan any, error) {
	out := make(chan any, 3)
	out <- "a"
	out <- nil
	out <- map[string]int{"n": 1}
	close(out)
	return out, nil
}

func (*streamHub) Told() (<-chan int, error)  { return nil, &HubError{Message: "shown"} }
func (*streamHub) Panics() <-chan int         { panic("oops") }
func (*streamHub) NilChannel() <-chan int     { return nil }
func (*streamHub) NilSeq() (s seq[int])       { return nil }
func (*streamHub) FailsAfterTwo() seq[string] { return failing(errors.New("a secret")) }
func (*streamHub) TellsAfterTwo() seq[string] { return failing(&HubError{Message: "shown"}) }

func (*streamHub) PanicsAfterTwo() seq[string] {
	return func(yield func(string, error) bool) {
		failing(nil)(yield)
		panic("oops")
	}
}

type seq[T any] = iter.Seq2[T, error]

func failing(err error) seq[string] {
	return func(yield func(string, error) bool) {
		if yield("one", nil) && yield("two", nil) && err != nil {
			yield("", err)
		}
	}
}

func (h *streamHub) NotANumber(ctx context.Context) <-chan float64 {
	out := make(chan float64)
	go func() {
		for {
			select {
			case out <- math.NaN():
			case <-ctx.Done():
				h.stopped <- context.Cause(ctx)
				return
			}
		}
	}()
	return out
}

// Endless sends until its context ends, and never closes its channel.
func (h *streamHub) Endless(ctx context.Context) <-chan string {
	out := make(chan string)
	go func() {
		for {
			select {
			case out <- h.text:
				h.produced.Add(1)
			case <-ctx.Done():
				h.stopped <- context.Cause(ctx)
				return
			}
		}
	}()
	return out
}

// EndlessSeq knows no context.
func (h *streamHub) EndlessSeq() iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for yield(h.text, nil) {
			h.produced.Add(1)
		}
		h.stopped <- nil
	}
}

// Silent gives nothing until its context ends.
func (h *streamHub) Silent(call *Call) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		h.begun <- struct{}{}
		<-call.Context().Done()
		h.stopped <- context.Cause(call.Context())
		yield("", call.Context().Err())
	}
}

// Wait is a plain method that can be cancelled.
func (h *streamHub) Wait(ctx context.Context) (string, error) {
	h.begun <- struct{}{}
	select {
	case <-h.proceed:
		return "done", nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

func (*streamHub) Sum(in <-chan int) (sum int) {
	for n := range in {
		sum += n
	}
	return sum
}

// SumOrFail heeds the failure of its upload.
func (*streamHub) SumOrFail(ctx context.Context, in <-chan int) (int, error) {
	sum := 0
	for n := range in {
		sum += n
	}
	return sum, ctx.Err()
}

func (*streamHub) Concat(prefix string, in *Upload[string]) (string, error) {
	for s, err := range in.All() {
		if err != nil {
			return "", err
		}
		prefix += s
	}
	return prefix, nil
}

func (*streamHub) TwoUploads(a <-chan int, sep string, b *Upload[string]) (string, error) {
	var out strings.Builder
	for range a {
		s, err := b.Next(context.Background())
		if err != nil {
			return "", err
		}
		out.WriteString(s + sep)
	}
	return out.String(), nil
}

func (*streamHub) Double(in *Upload[int]) iter.Seq2[int, error] {
	return func(yield func(int, error) bool) {
		for n, err := range in.All() {
			if !yield(2*n, err) {
				return
			}
		}
	}
}

func (*streamHub) DoubleChannel(ctx context.Context, in <-chan int) <-chan int {
	out := make(chan int)
	go func() {
		defer close(out)
		for n := range in {
			select {
			case out <- 2 * n:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}

// WaitUpload takes nothing until it may proceed, and then counts.
func (h *streamHub) WaitUpload(in *Upload[int]) (n int, err error) {
	h.begun <- struct{}{}
	<-h.proceed
	for {
		if _, err := in.Next(context.Background()); err != nil {
			if err == io.EOF {
				return n, nil
			}
			h.stopped <- err
			return n, err
		}
		n++
	}
}

func (h *streamHub) WaitChannel(in <-chan int) (n int) {
	h.begun <- struct{}{}
	<-h.proceed
	for range in {
		n++
	}
	h.stopped <- nil
	return n
}

// Neglect ends without a look at its upload.
func (*streamHub) Neglect(in <-chan int) string { return "neglected" }

// stream starts a streaming method and returns the ID of the call.
func (c *client) stream(target string, args ...any) string {
	c.lastID++
	id := string(rune('a' - 1 + c.lastID))
	c.send(protocol.Invocation{InvocationID: id, Target: target, Arguments: orEmpty(args), Stream: true})
	return id
}

// elements waits for the end of a stream and returns what came.
func elements[T any](c *client, id string) (all []T, end protocol.Completion) {
	for {
		switch m := c.next().(type) {
		case protocol.StreamItem:
			require.Equal(c.t, id, m.InvocationID)
			var v T
			require.NoError(c.t, c.protocol.Bind(m.Item.(protocol.Raw), &v))
			all = append(all, v)
		case protocol.Completion:
			require.Equal(c.t, id, m.InvocationID)
			return all, m
		default:
			require.FailNow(c.t, "neither item nor completion")
		}
	}
}

// upload calls a method with uploads.
func (c *client) upload(target string, ids []string, args ...any) string {
	c.lastID++
	id := string(rune('a' - 1 + c.lastID))
	c.send(protocol.Invocation{InvocationID: id, Target: target, Arguments: orEmpty(args), StreamIDs: ids})
	return id
}

func (c *client) item(id string, v any) { c.send(protocol.StreamItem{InvocationID: id, Item: v}) }
func (c *client) done(id string)        { c.send(protocol.Completion{InvocationID: id}) }
func (c *client) broken(id, text string) {
	c.send(protocol.Completion{InvocationID: id, Failed: true, Error: text})
}
