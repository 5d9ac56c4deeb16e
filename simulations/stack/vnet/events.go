package vnet

import (
	"math"
	"time"
)

// An event is something that happens at its time. Events of the same time happen in
// the order in which they were planned.
type event struct {
	at     int64 // nanoseconds since 1970
	serial uint64
	do     func(now time.Time) // with the network locked
}

func (e *event) before(other *event) bool {
	return e.at < other.at || e.at == other.at && e.serial < other.serial
}

// events are a heap, the first event of which comes first. (That of the standard
// library costs twice as much, and this is the busiest place of a network.)
type events []event

func (e *events) push(v event) {
	heap := append(*e, v)
	i := len(heap) - 1
	for i > 0 {
		parent := (i - 1) / 2
		if !v.before(&heap[parent]) {
			break
		}
		heap[i] = heap[parent]
		i = parent
	}
	heap[i] = v
	*e = heap
}

// pop takes the first event; there must be one.
func (e *events) pop() event {
	heap := *e
	first, end := heap[0], len(heap)-1
	last := heap[end]
	heap[end] = event{}
	heap = heap[:end]
	for i := 0; end > 0; {
		child := 2*i + 1
		if child+1 < end && heap[child+1].before(&heap[child]) {
			child++
		}
		if child >= end || last.before(&heap[child]) {
			heap[i] = last
			break
		}
		heap[i] = heap[child]
		i = child
	}
	*e = heap
	return first
}

// plan has do run at a time. The caller holds mu.
func (n *Network) plan(at time.Time, do func(now time.Time)) {
	n.serial++
	e := event{at.UnixNano(), n.serial, do}
	n.events.push(e)
	if e.at < n.next {
		n.wake(e.at)
	}
}

// wake sets the timer. While events happen next is before all of them, so that it is
// set once, after them.
func (n *Network) wake(at int64) {
	n.next = at
	n.timer.Reset(time.Duration(at - time.Now().UnixNano()))
}

// run does what is planned, until Close.
func (n *Network) run() {
	for range n.timer.C {
		if !n.doDue() {
			return
		}
	}
}

// doDue does what is due. It says whether the network is still there.
func (n *Network) doDue() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	now := time.Now()
	n.next = math.MinInt64
	for len(n.events) > 0 && n.events[0].at <= now.UnixNano() {
		e := n.events.pop()
		e.do(now)
	}
	n.next = math.MaxInt64
	if len(n.events) > 0 && !n.closed {
		n.wake(n.events[0].at)
	}
	return !n.closed
}
