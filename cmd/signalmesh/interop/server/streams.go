package main

import (
	"context"
	"errors"
	"iter"
	"strings"
	"time"

	"github.com/signalmesh/signalmesh/signalr"
)

// tick is how often the streams without end have something.
const tick = 5 * time.Millisecond

// Streaming says how many streams without end, and uploads that are held, there are.
func (d *Dialogue) Streaming() int64 { return d.streaming.Load() }

// Count streams the numbers below n.
func (*Dialogue) Count(n int) iter.Seq2[int, error] { return count(n, nil) }

// CountChannel streams the numbers below n, from a channel.
func (*Dialogue) CountChannel(ctx context.Context, n int) <-chan int {
	numbers := make(chan int)
	go func() {
		defer close(numbers)
		for i := range n {
			select {
			case numbers <- i:
			case <-ctx.Done():
				return
			}
		}
	}()
	return numbers
}

// CountAndFail streams the numbers below n and then an error for the client.
func (*Dialogue) CountAndFail(n int, text string) iter.Seq2[int, error] {
	return count(n, &signalr.HubError{Message: text})
}

// CountAndFailInside streams the numbers below n and then an error that is none of
// the client's business.
func (*Dialogue) CountAndFailInside(n int) iter.Seq2[int, error] {
	return count(n, errors.New("not for the client"))
}

// CountAndPanic streams the numbers below n and panics.
func (*Dialogue) CountAndPanic(n int) iter.Seq2[int, error] {
	return func(yield func(int, error) bool) {
		count(n, nil)(yield)
		panic("asked to")
	}
}

// NoCount fails before there is a stream.
func (*Dialogue) NoCount(text string) (<-chan int, error) {
	return nil, &signalr.HubError{Message: text}
}

// count yields the numbers below n, and then err, unless it is nil.
func count(n int, err error) iter.Seq2[int, error] {
	return func(yield func(int, error) bool) {
		for i := range n {
			if !yield(i, nil) {
				return
			}
		}
		if err != nil {
			yield(0, err)
		}
	}
}

// Ticks streams numbers without end.
func (d *Dialogue) Ticks() iter.Seq2[int, error] {
	return func(yield func(int, error) bool) {
		d.streaming.Add(1)
		defer d.streaming.Add(-1)
		ticker := time.NewTicker(tick)
		defer ticker.Stop()
		for i := 0; yield(i, nil); i++ {
			<-ticker.C
		}
	}
}

// TicksChannel streams numbers without end, from a channel.
func (d *Dialogue) TicksChannel(ctx context.Context) <-chan int {
	numbers := make(chan int)
	d.streaming.Add(1)
	go func() {
		defer d.streaming.Add(-1)
		defer close(numbers)
		ticker := time.NewTicker(tick)
		defer ticker.Stop()
		for i := 0; ; i++ {
			select {
			case numbers <- i:
			case <-ctx.Done():
				return
			}
			<-ticker.C
		}
	}()
	return numbers
}

// Sum adds the numbers of a stream up.
func (*Dialogue) Sum(ctx context.Context, numbers <-chan int64) (int64, error) {
	var sum int64
	for n := range numbers {
		sum += n
	}
	return sum, context.Cause(ctx)
}

// Concat joins the texts of a stream, each after a separator.
func (*Dialogue) Concat(separator string, words *signalr.Upload[string]) (string, error) {
	return concat(separator, words)
}

// ConcatBoth joins the texts of two streams, which may be mixed on their way, as
// Concat does. The JavaScript client overlooks a stream right after another one.
func (*Dialogue) ConcatBoth(one *signalr.Upload[string], separator string, two *signalr.Upload[string]) ([2]string, error) {
	first, err := concat(separator, one)
	if err != nil {
		return [2]string{}, err
	}
	second, err := concat(separator, two)
	return [2]string{first, second}, err
}

func concat(separator string, words *signalr.Upload[string]) (string, error) {
	var all strings.Builder
	for word, err := range words.All() {
		if err != nil {
			return "", err
		}
		all.WriteString(separator + word)
	}
	return all.String(), nil
}

// First answers with the first text of a stream, and does not wait for the rest.
func (*Dialogue) First(ctx context.Context, words *signalr.Upload[string]) (string, error) {
	return words.Next(ctx)
}

// Hold reads a stream until it ends.
func (d *Dialogue) Hold(words *signalr.Upload[string]) error {
	d.streaming.Add(1)
	defer d.streaming.Add(-1)
	_, err := concat("", words)
	return err
}

// Double streams twice each number of a stream, as soon as it is there.
func (*Dialogue) Double(numbers *signalr.Upload[int]) iter.Seq2[int, error] {
	return func(yield func(int, error) bool) {
		for n, err := range numbers.All() {
			if !yield(2*n, err) || err != nil {
				return
			}
		}
	}
}
