package bridge

import (
	"slices"
	"sync"

	"github.com/signalmesh/signalmesh/node/exchange"
)

// echoes are the messages that Redis is going to send back, because we publish what
// we subscribe to. Redis names no sender. But by each subscription of ours that fits
// it sends exactly one, and those of one subscription in the order in which we
// published. So the next message by a subscription that is equal to the next echo
// expected by it is taken for that.
//
// If somebody else publishes the same bytes to the same channel at the same moment,
// the first of the two equal messages is taken for ours, and the other passes: one
// of each, as it should be.
type echoes struct {
	mu       sync.Mutex
	expected map[exchange.Name][]*echo
}

type echo struct{ channel, data string }

func newEchoes() *echoes { return &echoes{expected: map[exchange.Name][]*echo{}} }

// expect expects a message by each of the subscriptions.
func (e *echoes) expect(subscriptions []exchange.Name, channel, data string) *echo {
	m := &echo{channel, data}
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, n := range subscriptions {
		e.expected[n] = append(e.expected[n], m)
	}
	return m
}

// forget is for a message that was not published after all.
func (e *echoes) forget(subscriptions []exchange.Name, m *echo) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, n := range subscriptions {
		e.set(n, slices.DeleteFunc(e.expected[n], func(o *echo) bool { return o == m }))
	}
}

// mine tells whether a message that came by a subscription is an echo, which is then
// expected no more.
func (e *echoes) mine(n exchange.Name, channel, data string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	list := e.expected[n]
	if len(list) == 0 || *list[0] != (echo{channel, data}) {
		return false
	}
	e.set(n, list[1:])
	return true
}

// set keeps no empty list. The caller holds mu.
func (e *echoes) set(n exchange.Name, list []*echo) {
	if len(list) == 0 {
		delete(e.expected, n)
		return
	}
	e.expected[n] = list
}
