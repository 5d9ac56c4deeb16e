package main

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/signalmesh/signalmesh/signalr"
)

// A Page is the hub that the pages use. It counts what they cause.
type Page struct {
	opened     atomic.Int64 // connections, ever
	connected  atomic.Int64
	streaming  atomic.Int64 // Ticks that run
	preflights atomic.Int64
	foreign    atomic.Int64 // requests, preflights aside, with an Origin other than the hub's
}

// OnConnected counts a connection.
func (p *Page) OnConnected(*signalr.Call) error {
	p.opened.Add(1)
	p.connected.Add(1)
	return nil
}

// OnDisconnected counts one less.
func (p *Page) OnDisconnected(*signalr.Call, error) { p.connected.Add(-1) }

// An Identity is what WhoAmI answers.
type Identity struct {
	User   string `json:"user"`
	Cookie string `json:"cookie"`
	Origin string `json:"origin"`
	Token  string `json:"token"` // where it was: "header", "query" or ""
}

// WhoAmI says what the request told that opened the transport.
func (*Page) WhoAmI(call *signalr.Call) Identity {
	r := call.Request()
	id := Identity{User: call.UserID(), Origin: r.Header.Get("Origin")}
	if c, err := r.Cookie("visitor"); err == nil {
		id.Cookie = c.Value
	}
	switch {
	case r.Header.Get("Authorization") != "":
		id.Token = "header"
	case r.URL.Query().Get("access_token") != "":
		id.Token = "query"
	}
	return id
}

// Echo answers with what it is sent.
func (*Page) Echo(value any) any { return value }

// Fail fails.
func (*Page) Fail() error { return &signalr.HubError{Message: "no entry", Err: errors.New("asked to")} }

// Tell sends a text to all pages.
func (*Page) Tell(call *signalr.Call, text string) error {
	return call.Clients().All().Send("hear", text)
}

// Count streams the numbers below n.
func (*Page) Count(n int) iter.Seq2[int, error] {
	return func(yield func(int, error) bool) {
		for i := range n {
			if !yield(i, nil) {
				return
			}
		}
	}
}

// Sum adds the numbers of a stream up.
func (*Page) Sum(ctx context.Context, numbers <-chan int64) (int64, error) {
	var sum int64
	for n := range numbers {
		sum += n
	}
	return sum, context.Cause(ctx)
}

// Ticks streams numbers until its context ends.
func (p *Page) Ticks(ctx context.Context) <-chan int {
	numbers := make(chan int)
	p.streaming.Add(1)
	go func() {
		defer p.streaming.Add(-1)
		defer close(numbers)
		ticker := time.NewTicker(5 * time.Millisecond)
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

// count counts what comes to the hub's routes.
func (p *Page) count(hubs http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch origin := r.Header.Get("Origin"); {
		case r.Method == http.MethodOptions:
			p.preflights.Add(1)
		case origin != "" && origin != "http://"+r.Host:
			p.foreign.Add(1)
		}
		hubs.ServeHTTP(w, r)
	})
}
