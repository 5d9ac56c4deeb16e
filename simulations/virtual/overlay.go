package virtual

import (
	"container/heap"
	"slices"
	"time"
)

const (
	heartbeatEvery = time.Second // GossipSub's
	lazyDegree     = 6           // GossipSub's Dlazy: peers that are told of messages
)

// acquaint makes two seats GossipSub peers of each other.
func (t *topic) acquaint(a, b *seat, c *conn) {
	a.peers, b.peers = append(a.peers, b), append(b.peers, a)
	a.peerAt[b], b.peerAt[a] = c, c
	t.touch()
}

// part is the end of a connection, as one of its ends sees it; the other has no use
// for it any more.
func (t *topic) part(a, b *seat, c *conn) {
	for _, s := range [][2]*seat{{a, b}, {b, a}} {
		if s[0].peerAt[s[1]] == c {
			delete(s[0].peerAt, s[1])
			s[0].peers = drop(s[0].peers, s[1])
			s[0].mesh = drop(s[0].mesh, s[1])
			t.touch()
		}
	}
}

// rise ends a seat, whose life ends.
func (t *topic) rise(*seat) {
	t.living--
	t.touch()
}

// touch says that the overlay has changed.
func (t *topic) touch() { t.version++ }

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
	var free []*seat
	for _, p := range s.peers {
		if !contains(s.mesh, p) && !s.peerAt[p].cut && !p.life.paused {
			free = append(free, p)
		}
	}
	for len(s.mesh) < degree && len(free) > 0 {
		i := s.life.w.rand.IntN(len(free))
		p := free[i]
		free = slices.Delete(free, i, i+1)
		s.mesh, p.mesh = append(s.mesh, p), append(p.mesh, s)
		s.topic.touch()
	}
}

func (s *seat) prune(p *seat) {
	s.mesh, p.mesh = drop(s.mesh, p), drop(p.mesh, s)
	s.topic.touch()
}

func contains(list []*seat, s *seat) bool { return slices.Contains(list, s) }

// A tree is the fastest ways from one seat to all others, over the overlay of one
// version. Its slices are indexed by seat.
type tree struct {
	version int
	reached []*seat         // the author first
	delay   []time.Duration // of an empty message; below 0: it is not reached
	jitter  []time.Duration
	loss    []float64
	perByte []float64 // nanoseconds that each byte adds, on all hops
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
	front := &hops{{seat: by}}
	tr.delay[by.index], tr.jitter[by.index], tr.loss[by.index], tr.perByte[by.index] = 0, 0, 0, 0
	for front.Len() > 0 {
		s := heap.Pop(front).(hop).seat
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
}

func (t *topic) expand(tr *tree, s *seat, to []*seat, done []bool, front *hops) {
	i := s.index
	queue := float64(len(to)) / 2 * s.life.host.up // half of the copies go before ours, on average
	for _, o := range to {
		c := s.peerAt[o]
		if c == nil || c.cut || done[o.index] || o.life.ended {
			continue
		}
		d := tr.delay[i] + c.path.base + forwarding
		if at := tr.delay[o.index]; at >= 0 && at <= d {
			continue
		}
		tr.delay[o.index] = d
		tr.jitter[o.index] = tr.jitter[i] + c.path.jitter
		tr.loss[o.index] = 1 - (1-tr.loss[i])*(1-c.path.loss)
		tr.perByte[o.index] = tr.perByte[i] + queue + o.life.host.down
		heap.Push(front, hop{o, d})
	}
}

// hops is the front of a growing tree, the nearest first.
type hops []hop

type hop struct {
	seat  *seat
	delay time.Duration
}

func (h hops) Len() int           { return len(h) }
func (h hops) Less(i, j int) bool { return h[i].delay < h[j].delay }
func (h hops) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *hops) Push(x any)        { *h = append(*h, x.(hop)) }

// Pop implements heap.Interface.
func (h *hops) Pop() any {
	old := *h
	x := old[len(old)-1]
	*h = old[:len(old)-1]
	return x
}
