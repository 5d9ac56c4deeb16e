package exchange

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
)

// ErrClosed means that an Exchange was closed. All methods that return an error return
// it then.
var ErrClosed = errors.New("exchange: closed")

// A Backplane is what an Exchange shares. It is a signalr.Backplane that, besides,
// subscribes to many channels in one go, and says what others are subscribed to. A
// mesh.Topic is one.
type Backplane interface {
	Self() string
	Attach(r Receiver) (detach func(), err error)
	// Announce subscribes at once; confirm waits for the other servers.
	Announce(channels ...string) (confirm func(context.Context) error, err error)
	Unsubscribe(channel string)
	Publish(ctx context.Context, channel string, data []byte) (servers int, err error)
	Subscribers(ctx context.Context, channel string) (servers int, err error)
	// Channels are all that other servers are subscribed to.
	Channels() []string
	// Listed are those of them that begin with two zero bytes.
	Listed() (channels []string, version uint64)
	// ListedVersion changes with Listed, and is cheap.
	ListedVersion() uint64
}

// A Receiver takes what a backplane delivers; it is that of package signalr.
type Receiver = interface {
	Receive(from, channel string, data []byte)
	Left(server string)
	Gap(from string, lost uint64)
}

// A Message is on its way to sinks. Its content does not change.
type Message struct {
	From    string // who published it: a server, or a subscriber of this one
	Channel string
	Data    []byte
	// Encoded is the sinks' own: what the first of them made of the message, for the
	// others. Only Deliver may set it, which is not called concurrently for one
	// Message. Data may be made a part of it.
	Encoded []byte
	// Publisher is for sinks that know more of who published it here; else nil.
	Publisher any
}

// A Sink is a subscriber. Deliver must only enqueue, and not call the Exchange.
type Sink interface{ Deliver(m *Message) }

// An Exchange shares a backplane. Make one with New.
type Exchange struct {
	up     Backplane
	detach func()

	mu       sync.RWMutex // before the backplane's own locks
	entries  map[Name]*entry
	patterns []*entry // those of kind Pattern
	ports    map[*Port]struct{}
	closed   atomic.Bool

	remote struct {
		sync.Mutex
		list atomic.Pointer[patterns]
	}
	lost atomic.Uint64
}

// An entry is a name with subscribers here.
type entry struct {
	name   Name
	wire   string
	sinks  []Sink
	absent []Sink // those of sinks that are not counted
	ports  []*Port
}

func (e *entry) needs() int { return len(e.sinks) + len(e.ports) }

// counted is the number of subscribers that are not absent.
func (e *entry) counted() int { return e.needs() - len(e.absent) }

// New returns an Exchange over up, whose only receiver it is until Close.
func New(up Backplane) (*Exchange, error) {
	x := &Exchange{up: up, entries: map[Name]*entry{}, ports: map[*Port]struct{}{}}
	x.remote.list.Store(&patterns{})
	var err error
	if x.detach, err = up.Attach(receiver{x}); err != nil {
		return nil, fmt.Errorf("share the backplane: %w", err)
	}
	return x, nil
}

// Close lets go of the backplane, which it does not close. Subscribers should have
// gone. The error is nil.
func (x *Exchange) Close() error {
	x.closed.Store(true)
	x.detach()
	return nil
}

// Self is this server's ID on the backplane.
func (x *Exchange) Self() string { return x.up.Self() }

// Lost is how many messages of other servers the backplane reported lost.
func (x *Exchange) Lost() uint64 { return x.lost.Load() }

// A Request is one subscription to be made.
type Request struct {
	Name Name
	Sink Sink
	// Instead is a subscriber of the same name that gives its place to Sink: from
	// then on every message goes to Sink and none to Instead. Nil is nobody.
	Instead Sink
}

// Subscribe makes subscriptions. They hold at once; confirm waits until every live
// server will send us what it publishes to them, for all of them together. With an
// error none of them hold.
func (x *Exchange) Subscribe(requests ...Request) (confirm func(context.Context) error, err error) {
	if x.closed.Load() {
		return nil, ErrClosed
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	var wires []string
	for _, r := range requests {
		if w := x.add(r); w != "" {
			wires = append(wires, w)
		}
	}
	if confirm, err = x.up.Announce(wires...); err != nil {
		for _, r := range requests {
			x.remove(r.Name, r.Sink)
		}
		return nil, err
	}
	return confirm, nil
}

// add makes one subscription and returns what is to be announced for it.
func (x *Exchange) add(r Request) (wire string) {
	e := x.entry(r.Name)
	if i := slices.Index(e.sinks, r.Instead); r.Instead != nil && i >= 0 {
		e.sinks[i] = r.Sink
		x.present(e, r.Instead)
		return ""
	}
	e.sinks = append(e.sinks, r.Sink)
	return level(e.wire, e.needs())
}

func (x *Exchange) entry(n Name) *entry {
	e := x.entries[n]
	if e == nil {
		e = &entry{name: n, wire: n.Wire()}
		x.entries[n] = e
		if n.Kind == Pattern {
			x.patterns = append(x.patterns, e)
		}
	}
	return e
}

// Unsubscribe ends a subscription. When it has returned, sink gets nothing more by
// it.
func (x *Exchange) Unsubscribe(n Name, sink Sink) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.remove(n, sink)
}

func (x *Exchange) remove(n Name, sink Sink) {
	e := x.entries[n]
	if e == nil {
		return
	}
	if i := slices.Index(e.sinks, sink); i >= 0 {
		x.present(e, sink)
		e.sinks = slices.Delete(e.sinks, i, i+1)
		x.fewer(e)
	}
}

// fewer ends what was announced for the last of e's subscribers.
func (x *Exchange) fewer(e *entry) {
	x.up.Unsubscribe(level(e.wire, e.needs()+1))
	if e.needs() > 0 {
		return
	}
	delete(x.entries, e.name)
	if e.name.Kind == Pattern {
		x.patterns = slices.DeleteFunc(x.patterns, func(o *entry) bool { return o == e })
	}
}
