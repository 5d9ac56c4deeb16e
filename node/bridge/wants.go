package bridge

import (
	"sync"

	"github.com/signalmesh/signalmesh/node/exchange"
)

// maxNames is how many channels one command names.
const maxNames = 1000

// wants are the channels and patterns that somebody in the mesh subscribes to, and
// whether we have subscribed to them in Redis. The mesh says what is wanted; the
// goroutine of the session takes batches and tells Redis.
type wants struct {
	news chan struct{} // of capacity 1: something changed

	mu      sync.Mutex
	names   map[exchange.Name]*want
	changed []exchange.Name // to look at
	held    int
}

type want struct {
	here, elsewhere bool // on this node, on others
	held            bool // in Redis
	queued          bool // in changed
}

func (w *want) wanted() bool { return w.here || w.elsewhere }

func newWants() *wants {
	return &wants{news: make(chan struct{}, 1), names: map[exchange.Name]*want{}}
}

// set notes whether a name is wanted here, or elsewhere. It only takes a note.
func (w *wants) set(n exchange.Name, here, yes bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := w.names[n]
	if c == nil {
		if !yes {
			return
		}
		c = new(want)
		w.names[n] = c
	}
	if here {
		c.here = yes
	} else {
		c.elsewhere = yes
	}
	if c.queued {
		return
	}
	if c.wanted() == c.held {
		w.tidy(n, c)
		return
	}
	c.queued = true
	w.changed = append(w.changed, n)
	select {
	case w.news <- struct{}{}:
	default:
	}
}

// tidy forgets what is neither wanted nor held. The caller holds mu.
func (w *wants) tidy(n exchange.Name, c *want) {
	if !c.wanted() && !c.held {
		delete(w.names, n)
	}
}

// next takes a batch of what is to be subscribed to in Redis, and of what is not any
// more, and takes that as done. Both are empty if there is nothing to do.
func (w *wants) next() (subscribe, unsubscribe []exchange.Name) {
	w.mu.Lock()
	defer w.mu.Unlock()
	k := 0
	for ; k < len(w.changed) && len(subscribe) < maxNames && len(unsubscribe) < maxNames; k++ {
		n := w.changed[k]
		c := w.names[n]
		c.queued = false
		switch {
		case c.wanted() && !c.held:
			subscribe = append(subscribe, n)
			c.held = true
			w.held++
		case !c.wanted() && c.held:
			unsubscribe = append(unsubscribe, n)
			c.held = false
			w.held--
		}
		w.tidy(n, c)
	}
	if w.changed = w.changed[k:]; len(w.changed) == 0 {
		w.changed = nil
	}
	return subscribe, unsubscribe
}

// wantedHere tells whether this node wants it.
func (w *wants) wantedHere(n exchange.Name) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := w.names[n]
	return c != nil && c.here
}

func (w *wants) subscriptions() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.held
}
