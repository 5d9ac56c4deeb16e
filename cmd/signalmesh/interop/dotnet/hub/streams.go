package main

import (
	"context"
	"errors"
	"iter"
	"strings"
	"time"

	"github.com/signalmesh/signalmesh/signalr"
)

// tick is the interval of Ticks.
const tick = 5 * time.Millisecond

// Count streams the numbers below n.
func (*Scenario) Count(n int) iter.Seq2[int, error] { return count(n, nil) }

// CountChannel streams the numbers below n from a channel.
func (*Scenario) CountChannel(ctx context.Context, n int) <-chan int {
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

// CountAndFail streams the numbers below n, and an error with a text for the client.
func (*Scenario) CountAndFail(n int, text string) iter.Seq2[int, error] {
	return count(n, &signalr.HubError{Message: text})
}

// CountAndFailInside streams the numbers below n, and an error without a text for the client.
func (*Scenario) CountAndFailInside(n int) iter.Seq2[int, error] {
	return count(n, errors.New("internal"))
}

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

// Ticks streams numbers until the client cancels.
func (s *Scenario) Ticks(ctx context.Context) iter.Seq2[int, error] {
	return func(yield func(int, error) bool) {
		s.streaming.Add(1)
		defer s.streaming.Add(-1)
		ticker := time.NewTicker(tick)
		defer ticker.Stop()
		for i := 0; yield(i, nil); i++ {
			select {
			case <-ticker.C:
			case <-ctx.Done():
				return
			}
		}
	}
}

// Streaming returns how many streams of Ticks run.
func (s *Scenario) Streaming() int64 { return s.streaming.Load() }

// Sum adds the numbers of a stream.
func (*Scenario) Sum(numbers *signalr.Upload[int64]) (sum int64, err error) {
	for n, err := range numbers.All() {
		if err != nil {
			return 0, err
		}
		sum += n
	}
	return sum, nil
}

// Concat joins the texts of a stream.
func (*Scenario) Concat(words *signalr.Upload[string]) (string, error) {
	var b strings.Builder
	for word, err := range words.All() {
		if err != nil {
			return "", err
		}
		b.WriteString(word)
	}
	return b.String(), nil
}

// Double streams twice each number of a stream.
func (*Scenario) Double(numbers *signalr.Upload[int]) iter.Seq2[int, error] {
	return func(yield func(int, error) bool) {
		for n, err := range numbers.All() {
			if !yield(2*n, err) || err != nil {
				return
			}
		}
	}
}
