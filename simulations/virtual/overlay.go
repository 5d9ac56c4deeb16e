package virtual

import (
	"slices"
	"time"
)

const (
	heartbeatEvery = time.Second // GossipSub's
	lazyDegree     = 6           // GossipSub's Dlazy: peers that are told of messages
	// shiftPause is the time between two changes of the ways of messages for the better,
	// for each seat.
	shiftPause = time.Millisecond
)

// A neighbour is a GossipSub peer, and the connection with it.
type neighbour struct {
	*seat
	conn *conn
}

// find returns the index of s in list, or -1.
func find(list []neighbour, s *seat) int {
	return slices.IndexFunc(list, func(n neighbour) bool { return n.seat == s })
}

// without is list without the connection c to s.
func without(list []neighbour, s *seat, c *conn) []neighbour {
	return slices.DeleteFunc(list, func(n neighbour) bool { return n.seat == s && n.conn == c })
}

// acquaint makes two seats GossipSub peers of each other.
func (t *topic) acquaint(a, b *seat, c *conn) {
	a.peers, b.peers = append(a.peers, neighbour{b, c}), append(b.peers, neighbour{a, c})
	t.shift()
}

// part is the end of a connection, as one of its ends sees it; the other has no use
// for it any more.
func (t *topic) part(a, b *seat, c *conn) {
	a.peers, b.peers = without(a.peers, b, c), without(b.peers, a, c)
	a.mesh, b.mesh = without(a.mesh, b, c), without(b.mesh, a, c)
	t.touch()
}

// rise ends a seat, whose life ends.
func (t *topic) rise(*seat) {
	t.living--
	t.touch()
}

// touch says that ways in the overlay have ended, or have become slower.
func (t *topic) touch() { t.version++ }

// shift says that there may be better ways. They are used after some time only, as when
// many come at once every one of them would change all others' ways.
func (t *topic) shift() {
	next := t.shifted + time.Duration(t.living)*shiftPause
	if now := t.w.now; now >= next {
		t.shifted = now
		t.touch()
	} else if !t.shifting {
		t.shifting = true
		t.w.at(next, nil, settleShift, t)
	}
}

func settleShift(_ *world, arg any) {
	t := arg.(*topic)
	t.shifting = false
	t.shift()
}

func (w *world) touchTopics() {
	for _, t := range w.topics {
		t.touch()
	}
}

// heartbeat keeps a seat's mesh at its degree: with too few it grafts, with too many
// it prunes. Both sides agree at once.
func heartbeat(w *world, arg any) {
	s := arg.(*seat)
	degree := w.s.Mesh.Degree
	if len(s.mesh) < max(1, degree-1) {
		s.graft(degree)
	}
	for len(s.mesh) > degree+2 {
		s.prune(s.mesh[w.rand.IntN(len(s.mesh))])
	}
	w.after(heartbeatEvery, s.life, heartbeat, s)
}

func (s *seat) graft(degree int) {
	var free []neighbour
	for _, p := range s.peers {
		if p.conn.flows() && !p.life.paused && find(s.mesh, p.seat) < 0 {
			free = append(free, p)
		}
	}
	for len(s.mesh) < degree && len(free) > 0 {
		i := s.life.w.rand.IntN(len(free))
		p := free[i]
		free = slices.Delete(free, i, i+1)
		s.mesh, p.seat.mesh = append(s.mesh, p), append(p.mesh, neighbour{s, p.conn})
		s.topic.shift()
	}
}

func (s *seat) prune(p neighbour) {
	s.mesh, p.seat.mesh = without(s.mesh, p.seat, p.conn), without(p.mesh, s, p.conn)
	s.topic.shift()
}

// A tree is the fastest ways from one seat to all others, over the overlay of one
// version. Its slices are indexed by seat.
type tree struct {
	version int
	reached []*seat         // the author first
	delay   []time.Duration // of an empty message; below 0: it is not reached
	jitter  []time.Duration
	loss    []float64
	perByte []float64 // nanoseconds that each byte adds, on all hops
	toll    toll
}

// treeOf returns the tree of an author, for the overlay as it is.
func (t *topic) treeOf(by *seat) *tree {
	tr := t.trees[by]
	if tr != nil && tr.version == t.version {
		return tr
	}
	if tr == nil {
		tr = &tree{}
		t.trees[by] = tr
	}
	t.grow(tr, by)
	return tr
}

// forwarding is the work of passing a message on: the check of its signature.
const forwarding = 100 * time.Microsecond

// grow finds the fastest ways (Dijkstra's algorithm).
func (t *topic) grow(tr *tree, by *seat) {
	tr.collect(t.w)
	n := len(t.seats)
	tr.version, tr.reached = t.version, tr.reached[:0]
	tr.delay = slices.Grow(tr.delay[:0], n)[:n]
	tr.jitter = slices.Grow(tr.jitter[:0], n)[:n]
	tr.loss = slices.Grow(tr.loss[:0], n)[:n]
	tr.perByte = slices.Grow(tr.perByte[:0], n)[:n]
	for i := range tr.delay {
		tr.delay[i] = -1
	}
	done := make([]bool, n)
	front := &front{hops: []hop{{seat: by}}}
	tr.delay[by.index], tr.jitter[by.index], tr.loss[by.index], tr.perByte[by.index] = 0, 0, 0, 0
	for len(front.hops) > 0 {
		s := front.pop().seat
		if done[s.index] {
			continue
		}
		done[s.index] = true
		tr.reached = append(tr.reached, s)
		if s.life.paused {
			continue // it hears later, and passes nothing on
		}
		to := s.mesh
		if s == by && *t.w.s.Mesh.FloodPublish {
			to = s.peers
		}
		t.expand(tr, s, to, done, front)
	}
	tr.toll.set(t, tr.reached)
}

func (t *topic) expand(tr *tree, s *seat, to []neighbour, done []bool, front *front) {
	i := s.index
	queue := float64(len(to)) / 2 * s.life.host.up.perB // half of the copies go before ours, on average
	for _, o := range to {
		c := o.conn
		if !c.flows() || done[o.index] || o.life.ended {
			continue
		}
		p := &c.paths[c.side(s.life)]
		d := tr.delay[i] + p.base + forwarding
		if at := tr.delay[o.index]; at >= 0 && at <= d {
			continue
		}
		tr.delay[o.index] = d
		tr.jitter[o.index] = tr.jitter[i] + p.jitter
		tr.loss[o.index] = 1 - (1-tr.loss[i])*(1-p.loss)
		tr.perByte[o.index] = tr.perByte[i] + queue + o.life.host.down
		front.push(hop{o.seat, d})
	}
}

// A front is where a growing tree can go on, the nearest first: a heap.
type front struct{ hops []hop }

type hop struct {
	seat  *seat
	delay time.Duration
}

func (f *front) push(h hop) {
	f.hops = append(f.hops, h)
	for i := len(f.hops) - 1; i > 0; {
		up := (i - 1) / 2
		if f.hops[up].delay <= h.delay {
			break
		}
		f.hops[i], f.hops[up] = f.hops[up], h
		i = up
	}
}

func (f *front) pop() hop {
	top, last := f.hops[0], f.hops[len(f.hops)-1]
	f.hops = f.hops[:len(f.hops)-1]
	for i := 0; i < len(f.hops); {
		down := 2*i + 1
		if down+1 < len(f.hops) && f.hops[down+1].delay < f.hops[down].delay {
			down++
		}
		if down >= len(f.hops) || f.hops[down].delay >= last.delay {
			f.hops[i] = last
			break
		}
		f.hops[i] = f.hops[down]
		i = down
	}
	return top
}
