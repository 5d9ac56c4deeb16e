// Package account keeps the account of a simulation: who was offered what, what
// arrived when, what was reported lost, and whether it all adds up. It sees what
// senders and receivers really saw, not what the mesh says of itself, so it is a
// judge of the mesh. Every way to run a scenario keeps its books here.
package account

import (
	"fmt"
	"slices"
	"time"

	"github.com/signalmesh/signalmesh/simulations/load"
	"github.com/signalmesh/signalmesh/simulations/result"
	"github.com/signalmesh/signalmesh/simulations/scenario"
)

// A Book is the account of one run. Its times count from the beginning of the
// load. It is not safe for concurrent use.
type Book struct {
	s        *scenario.Scenario
	now      func() time.Duration // since the load began
	nodes    []node
	outages  []outage
	parts    parts
	lives    []life
	slots    int // publishers so far, in each of their applications
	messages []message
	classes  map[scenario.Class]*class

	all    histogram
	roads  [roads]histogram
	second histogram // of the present second
	join   histogram
	ready  histogram
	detect histogram

	suspect histogram
	carried []uint64 // deliveries from region to region

	sample    result.Sample
	samples   []result.Sample
	healings  []healing
	published uint64
	delivered uint64
	broken    []string
	brokenN   int
}

// A life is one process of a node.
type life struct {
	node    int
	region  int
	slots   []int // as a publisher, by application, from 1; 0: none
	ended   bool
	clean   bool           // it left in good order
	last    []uint64       // message it got, by the publisher's slot
	lost    map[int]uint64 // reported to it, by sender's life
	away    map[int]uint64 // kept for it by senders that cannot reach it at the end
	dropped map[int]uint64 // for it, by senders that live at the end
	taken   map[int]uint64 // kept for it by senders that left and could not reach it
	payload uint64
	got     uint64
}

type message struct {
	class    *class
	by       int32
	slot     int32 // of by: what is promised of order is promised within an application
	size     int32
	lives    int32 // that had started when it was published
	at       time.Duration
	offered  int32    // receivers that were to get it
	left     int32    // of these, those that lack it
	missed   []int32  // nodes that it was not offered to: unknown ones, and ^node for those that were down
	expected []uint64 // lives that lack it, as a bit set; nil when none does
}

// A healing is how long after its end the receivers felt a fault.
type healing struct {
	fault      int // in Scenario.Faults
	begin, end time.Duration
	until      map[int]time.Duration // by life
}

// A class is the account of the messages of one class, and how long they took.
type class struct {
	result.Account
	took histogram
}

// New opens a Book for a complete scenario. now returns the time since the load began.
func New(s *scenario.Scenario, now func() time.Duration) *Book {
	b := &Book{s: s, now: now, classes: map[scenario.Class]*class{}, messages: make([]message, 1), nodes: newNodes(s), parts: newParts(s), carried: make([]uint64, len(s.Regions)*len(s.Regions))}
	b.sample.Second = -int((s.Warmup.D() + time.Second - 1) / time.Second)
	for i, f := range s.Faults {
		if f.For > 0 && slices.Contains([]scenario.Act{scenario.Cut, scenario.Degrade, scenario.Partition, scenario.Pause, scenario.Slow}, f.Do) {
			b.healings = append(b.healings, healing{i, f.At.D(), (f.At + f.For).D(), map[int]time.Duration{}})
		}
	}
	return b
}

// Started opens the account of a node's new process and returns its number, from 0.
func (b *Book) Started(node int) int {
	b.lives = append(b.lives, life{node: node, region: b.s.RegionOf(node), lost: map[int]uint64{}, away: map[int]uint64{}, dropped: map[int]uint64{}, taken: map[int]uint64{}})
	b.nodes[node].life = len(b.lives) - 1
	return len(b.lives) - 1
}

// Ended says that a process is no more; clean, that it left in good order.
func (b *Book) Ended(life int, clean bool) {
	b.lives[life].ended, b.lives[life].clean = true, clean
	b.away(b.lives[life].node)
}

// Joined says how long a process took until it knew everybody.
func (b *Book) Joined(d time.Duration) { b.join.add(d) }

// Ready records the time from the start of a process until it was ready.
func (b *Book) Ready(life int, d time.Duration) {
	b.ready.add(d)
	b.back(b.lives[life].node)
}

// Suspected records the time from when a process could not be reached until another one
// suspected it. See result.Result.
func (b *Book) Suspected(d time.Duration) { b.suspect.add(d) }

// Detected records the time until the other one no longer counted it.
func (b *Book) Detected(d time.Duration) { b.detect.add(d) }

func (b *Book) class(c scenario.Class) *class {
	a := b.classes[c]
	if a == nil {
		a = &class{Account: result.Account{Class: string(c)}}
		b.classes[c] = a
	}
	return a
}

// Refused says that publishing m failed.
func (b *Book) Refused(m load.Message) { b.class(m.Class).Refused++ }

// Published records that the process by published m. The processes in to have to get it:
// they listen to its channel and by knows them. wanters are all nodes that listen to it.
// The IDs of one process must rise.
func (b *Book) Published(m load.Message, by int, to, wanters []int) {
	for uint64(len(b.messages)) <= m.ID {
		b.messages = append(b.messages, message{}) // it may never be published
	}
	a := b.class(m.Class)
	e := message{class: a, by: int32(by), size: int32(m.Size), lives: int32(len(b.lives)), at: m.At}
	for _, r := range to {
		if b.lives[r].ended {
			continue // by has not noticed yet; the node was down
		}
		if e.expected == nil {
			e.expected = make([]uint64, (len(b.lives)+63)/64)
		}
		e.expected[r/64] |= 1 << (r % 64)
		e.left++
	}
	e.offered = e.left
	b.miss(&e, b.lives[by].node, wanters)
	a.Published++
	a.Offered += uint64(e.left)
	b.published++
	b.sample.Published++
	l := &b.lives[by]
	l.payload += uint64(m.Size)
	e.slot = int32(b.slotOf(l, m.App))
	b.messages[m.ID] = e
}

// slotOf numbers the publishers.
func (b *Book) slotOf(l *life, app int) int {
	for len(l.slots) <= app {
		l.slots = append(l.slots, 0)
	}
	if l.slots[app] == 0 {
		b.slots++
		l.slots[app] = b.slots
	}
	return l.slots[app]
}

// Lost says that a receiver was told that it misses some of a sender's records.
func (b *Book) Lost(to, from int, records uint64) {
	b.lives[to].lost[from] += records
	b.sample.Lost += records
}

// Away says, at the end of the run, how many records a sender dropped or still keeps
// for a receiver that it cannot reach. It is called for each application.
func (b *Book) Away(to, from int, dropped, waiting uint64) {
	b.lives[to].dropped[from] += dropped
	b.lives[to].away[from] += waiting
}

// Took says, when a sender leaves, how many records it still keeps for a receiver that it
// cannot reach.
func (b *Book) Took(to, from int, records uint64) { b.lives[to].taken[from] += records }

// Break notes that a promise of the mesh did not hold. The first 20 are kept.
func (b *Book) Break(format string, args ...any) {
	if b.brokenN++; len(b.broken) < 20 {
		b.broken = append(b.broken, fmt.Sprintf(format, args...))
	}
}

func (b *Book) name(life int) string { return Name(b.lives[life].node) }

// Name is what a node is called, which counts from 0.
func Name(node int) string { return fmt.Sprintf("node-%d", node+1) }

// Counts are how many messages were published, and delivered, so far.
func (b *Book) Counts() (published, delivered uint64) { return b.published, b.delivered }

// Sample ends a virtual second. What the Book does not know itself, its caller fills in:
// Links, Members, Living, WindowBytes and SentBytes.
func (b *Book) Sample(s result.Sample) {
	s.Second, s.Published, s.Delivered, s.Lost = b.sample.Second, b.sample.Published, b.sample.Delivered, b.sample.Lost
	if b.second.count > 0 {
		s.P99MS = ms(b.second.at(0.99))
	}
	b.samples = append(b.samples, s)
	b.sample = result.Sample{Second: s.Second + 1}
	b.second.reset()
}

// PublishedAt is when a message was published; 0 if it was not.
func (b *Book) PublishedAt(id uint64) time.Duration {
	if id >= uint64(len(b.messages)) {
		return 0
	}
	return b.messages[id].at
}
