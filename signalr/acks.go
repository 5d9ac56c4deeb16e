package signalr

import "sync"

// acks are the commands of one hub that wait for their acknowledgement.
type acks struct {
	mu      sync.Mutex
	last    int32
	waiting map[int32]chan struct{}
}

func newAcks() *acks { return &acks{waiting: make(map[int32]chan struct{})} }

// expect returns the ID of a new command, and what is closed when that has been
// acknowledged.
func (a *acks) expect() (id int32, acked <-chan struct{}) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.last++
	c := make(chan struct{})
	a.waiting[a.last] = c
	return a.last, c
}

// forget ends the waiting.
func (a *acks) forget(id int32) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.waiting, id)
}

// acknowledge takes an acknowledgement. One that nobody waits for has no effect.
func (a *acks) acknowledge(id int32) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if c := a.waiting[id]; c != nil {
		close(c)
		delete(a.waiting, id)
	}
}

// departures tells whoever wants to know that a server left.
type departures struct {
	mu     sync.Mutex
	signal chan struct{}
}

func newDepartures() *departures { return &departures{signal: make(chan struct{})} }

// next returns what is closed when the next server leaves.
func (d *departures) next() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.signal
}

// left says that a server left.
func (d *departures) left() {
	d.mu.Lock()
	defer d.mu.Unlock()
	close(d.signal)
	d.signal = make(chan struct{})
}
