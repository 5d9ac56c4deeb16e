package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/node/door/aspnettest"
	"github.com/signalmesh/signalmesh/signalr/protocol"
)

const (
	loadHub   = "Load"
	loadGroup = "everybody"
	loadEvery = 2 * time.Millisecond // between two messages of one app
)

// An app is a server at a door, with one client, which is in a group that all apps
// send numbers to: "app:number".
type app struct {
	index  int
	server *aspnettest.Server

	mu      sync.Mutex
	changed *sync.Cond
	heard   map[int][]int // by app
	sent    []int         // what was accepted
}

// open opens an app. heard gets what its client hears.
func open(ctx context.Context, index int, endpoints []string, heard func(text string)) (*aspnettest.Server, error) {
	s, err := aspnettest.Start(ctx, aspnettest.Options{Endpoints: endpoints, Hub: loadHub, Machine: fmt.Sprint("APP-", index)})
	if err != nil {
		return nil, err
	}
	id := fmt.Sprint("client-", index)
	c, err := s.Connect(ctx, id, "", protocol.JSON())
	if err != nil {
		return s, err
	}
	go func() { // ends with ctx
		for {
			i, err := c.Next(ctx)
			if err != nil {
				return
			}
			var text string
			if c.Bind(i.Arguments[0], &text) == nil {
				heard(text)
			}
		}
	}()
	return s, s.AddToGroup(ctx, id, loadGroup)
}

func startApp(t *testing.T, index int, endpoints ...string) *app {
	a := &app{index: index, heard: map[int][]int{}}
	a.changed = sync.NewCond(&a.mu)
	var err error
	a.server, err = open(t.Context(), index, endpoints, func(text string) {
		var from, n int
		_, _ = fmt.Sscanf(text, "%d:%d", &from, &n) // 0:0 fails the test
		a.mu.Lock()
		defer a.mu.Unlock()
		a.heard[from] = append(a.heard[from], n)
		a.changed.Broadcast()
	})
	require.NoError(t, err)
	t.Cleanup(a.server.Close)
	return a
}

// A publishing is apps that publish until stop.
type publishing struct {
	work   sync.WaitGroup
	cancel context.CancelFunc
}

func publish(apps []*app) *publishing {
	ctx, cancel := context.WithCancel(context.Background())
	p := &publishing{cancel: cancel}
	for _, a := range apps {
		p.work.Go(func() {
			pour(ctx, a.server, a.index, 1, func(n int) {
				a.mu.Lock()
				defer a.mu.Unlock()
				a.sent = append(a.sent, n)
			})
		})
	}
	return p
}

func (p *publishing) stop() {
	p.cancel()
	p.work.Wait()
}

// pour publishes numbers from first on until ctx ends. One that is refused is not
// tried again: nobody knows whether it was published.
func pour(ctx context.Context, s *aspnettest.Server, index, first int, accepted func(int)) {
	ticker := time.NewTicker(loadEvery)
	defer ticker.Stop()
	for n := first; ; n++ {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		if s.SendGroup(ctx, loadGroup, "hear", fmt.Sprintf("%d:%d", index, n)) == nil {
			accepted(n)
		}
	}
}

// runApp is the program of an app: it tells what it hears and what it has published,
// and ends with its input.
func runApp(door, first string) {
	log.SetFlags(0)
	ctx, cancel := context.WithCancel(context.Background())
	var from int
	if _, err := fmt.Sscan(first, &from); err != nil {
		log.Fatal(err)
	}
	var mu sync.Mutex // one line at a time
	tell := func(format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintf(os.Stdout, format+"\n", args...)
	}
	s, err := open(ctx, 0, []string{door}, func(text string) { tell("heard %s", text) })
	if err != nil {
		log.Fatal(err)
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // until it ends, in whatever way
		cancel()
	}()
	pour(ctx, s, 0, from, func(n int) { tell("sent %d", n) })
	s.Close()
}

func (a *app) accepted() []int { a.mu.Lock(); defer a.mu.Unlock(); return a.sent }
func (a *app) heardOf(i int) []int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.heard[i]
}

// awaitEach waits until n were heard of each app.
func (a *app) awaitEach(t *testing.T, apps []*app, n int) {
	for _, other := range apps {
		awaitCond(t, a.changed, func() bool { return len(a.heard[other.index]) >= n }, "app %d to hear app %d", a.index, other.index)
	}
}

// awaitMore waits until n more were heard of each.
func (a *app) awaitMore(t *testing.T, apps []*app, n int) {
	for _, other := range apps {
		least := len(a.heardOf(other.index)) + n
		awaitCond(t, a.changed, func() bool { return len(a.heard[other.index]) >= least }, "app %d to hear more of app %d", a.index, other.index)
	}
}

// awaitHeardOf waits until number n of an app was heard, or a later one.
func (a *app) awaitHeardOf(t *testing.T, app, n int) {
	awaitCond(t, a.changed, func() bool { return len(a.heard[app]) > 0 && last(a.heard[app]) >= n }, "app %d to hear the last of app %d", a.index, app)
}

func (a *app) awaitLast(t *testing.T, apps []*app) {
	for _, other := range apps {
		a.awaitHeardOf(t, other.index, last(other.accepted()))
	}
}
