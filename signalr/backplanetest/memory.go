package backplanetest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/signalmesh/signalmesh/signalr"
)

const (
	// MaxPayload is the longest payload, in bytes, that a Port takes.
	MaxPayload = 16 << 20
	// queueLength is how many messages wait between two ports before a Publish
	// has to wait. It is small, so that tests meet it.
	queueLength = 64
)

// ErrClosed says that a Port has been closed.
var ErrClosed = errors.New("backplanetest: port closed")

// A Memory connects servers in one process. Its zero value is ready, and it may
// be used concurrently. It needs no closing: its ports do.
type Memory struct {
	mu       sync.RWMutex // before Port.mu
	ports    map[*Port]struct{}
	channels map[string]map[*Port]struct{}
	version  atomic.Uint64 // changes with channels
}

// NewMemory returns a Memory without servers.
func NewMemory() *Memory { return new(Memory) }

// OpenMemory returns n ports of a new Memory, as Run and RunSpec want them.
func OpenMemory(_ *testing.T, n int) []signalr.Backplane {
	m := NewMemory()
	ports := make([]signalr.Backplane, n)
	for i := range ports {
		ports[i] = m.Join()
	}
	return ports
}

// Join returns the Backplane of one more server. Close ends it.
func (m *Memory) Join() *Port {
	p := &Port{
		memory:  m,
		self:    "memory-" + rand.Text(),
		links:   make(map[*Port]*link),
		closing: make(chan struct{}),
		closed:  make(chan struct{}),
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ports == nil {
		m.ports = make(map[*Port]struct{})
		m.channels = make(map[string]map[*Port]struct{})
	}
	for other := range m.ports {
		p.connect(other)
		other.connect(p)
	}
	m.ports[p] = struct{}{}
	return p
}

// subscribers returns the links from p to the ports subscribed to channel.
func (m *Memory) subscribers(p *Port, channel string) []*link {
	m.mu.RLock()
	defer m.mu.RUnlock()
	var links []*link
	for to := range m.channels[channel] {
		if to != p {
			links = append(links, to.from(p))
		}
	}
	return links
}

func (m *Memory) subscribe(p *Port, channel string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, joined := m.ports[p]; !joined {
		return ErrClosed
	}
	if m.channels[channel] == nil {
		m.channels[channel] = make(map[*Port]struct{})
	}
	m.channels[channel][p] = struct{}{}
	m.version.Add(1)
	return nil
}

func (m *Memory) unsubscribe(p *Port, channel string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.version.Add(1)
	delete(m.channels[channel], p)
	if len(m.channels[channel]) == 0 {
		delete(m.channels, channel)
	}
}

// leave forgets p and its subscriptions.
func (m *Memory) leave(p *Port) {
	m.mu.Lock()
	delete(m.ports, p)
	channels := slices.Collect(maps.Keys(m.channels))
	m.mu.Unlock()
	for _, c := range channels {
		m.unsubscribe(p, c)
	}
}

// A Port is one server's Backplane on a Memory. It may be used concurrently.
type Port struct {
	memory *Memory
	self   string

	closing chan struct{}  // closed when Close begins: no Publish waits any more
	closed  chan struct{}  // closed when none is left: what is queued is all
	served  sync.WaitGroup // goroutines of the links to this port

	mu         sync.Mutex
	links      map[*Port]*link // to this port, by where from
	receiver   signalr.Receiver
	publishing sync.WaitGroup // calls of Publish; Add only with mu and if not ended
	ended      bool
}

var _ signalr.Backplane = (*Port)(nil)

// Self implements signalr.Backplane.
func (p *Port) Self() string { return p.self }

// Attach implements signalr.Backplane.
func (p *Port) Attach(r signalr.Receiver) (detach func(), err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return nil, ErrClosed
	}
	if p.receiver != nil {
		return nil, errors.New("backplanetest: a receiver is attached; detach it first")
	}
	p.receiver = r
	return sync.OnceFunc(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.receiver = nil
	}), nil
}

// Subscribe implements signalr.Backplane. It does not wait.
func (p *Port) Subscribe(_ context.Context, channel string) error {
	return p.memory.subscribe(p, channel)
}

// Unsubscribe implements signalr.Backplane.
func (p *Port) Unsubscribe(channel string) { p.memory.unsubscribe(p, channel) }

// Subscribers implements signalr.Backplane.
func (p *Port) Subscribers(_ context.Context, channel string) (int, error) {
	if !p.begin() {
		return 0, ErrClosed
	}
	defer p.publishing.Done()
	return len(p.memory.subscribers(p, channel)), nil
}

// Publish implements signalr.Backplane. When its context ends while it waits,
// some servers may have the message, and servers says how many.
func (p *Port) Publish(ctx context.Context, channel string, data []byte) (servers int, err error) {
	if len(data) > MaxPayload {
		return 0, fmt.Errorf("publish to %q: %d bytes are more than %d", channel, len(data), MaxPayload)
	}
	if !p.begin() {
		return 0, ErrClosed
	}
	defer p.publishing.Done()
	for _, l := range p.memory.subscribers(p, channel) {
		taken, err := l.put(ctx, delivery{channel, data})
		if err != nil {
			return servers, fmt.Errorf("publish to %q: %w", channel, err)
		}
		if taken {
			servers++
		}
	}
	return servers, nil
}

// begin lets a call in that ends with publishing.Done.
func (p *Port) begin() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return false
	}
	p.publishing.Add(1)
	return true
}

// Close leaves the memory: what was published still arrives, and then the other
// servers are told that this one left. A receiver must not call it. It may be
// called again; the error is nil.
func (p *Port) Close() error {
	p.mu.Lock()
	first := !p.ended
	p.ended = true
	p.mu.Unlock()
	if first {
		p.memory.leave(p)
		close(p.closing)
		p.publishing.Wait()
		close(p.closed)
	}
	p.served.Wait()
	return nil
}
