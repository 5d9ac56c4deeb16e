package signalr

import (
	"sync"
	"testing"

	"github.com/signalmesh/signalmesh/signalr/protocol"
	"github.com/stretchr/testify/assert"
)

// counterHub counts the calls of each connection.
type counterHub struct{ last chan any }

type countKey struct{}

func (counterHub) OnConnected(call *Call) error {
	call.Items().Store(countKey{}, 0)
	return nil
}

func (h counterHub) OnDisconnected(call *Call, _ error) {
	count, _ := call.Items().Load(countKey{})
	h.last <- count
}

func (counterHub) Count(call *Call) int {
	count, _ := call.Items().Load(countKey{})
	next := count.(int) + 1
	call.Items().Store(countKey{}, next)
	return next
}

func TestItemsBelongToTheConnection(t *testing.T) {
	hub := counterHub{last: make(chan any, 1)}
	s := start(t, options(hub))
	one, two := s.connect("/hub", protocol.JSON()), s.connect("/hub", protocol.JSON())
	assert.Equal(t, 1, result[int](one, "Count"))
	assert.Equal(t, 2, result[int](one, "Count"))
	assert.Equal(t, 1, result[int](two, "Count"))
	one.ws.Close()
	assert.Equal(t, 2, <-hub.last)
}

func TestItemsMayBeUsedConcurrently(t *testing.T) {
	var items Items
	_, ok := items.Load("x")
	assert.False(t, ok)
	items.Delete("x")
	var users sync.WaitGroup
	stored := make(chan any, 100)
	for n := range 100 {
		users.Go(func() {
			if _, loaded := items.LoadOrStore("first", n); !loaded {
				stored <- n
			}
			items.Store(n, n)
			items.Delete(n)
		})
	}
	users.Wait()
	assert.Len(t, stored, 1)
	first, _ := items.Load("first")
	assert.Equal(t, <-stored, first)
	assert.Len(t, items.values, 1)
}
