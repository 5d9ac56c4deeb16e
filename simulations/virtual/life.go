package virtual

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/signalmesh/signalmesh/mesh/core"
	"github.com/signalmesh/signalmesh/simulations/account"
	"github.com/signalmesh/signalmesh/simulations/result"
)

// A host is the machine of a node: its connection to the network, and the process
// that runs on it.
type host struct {
	node, region int
	up           line
	down         float64       // nanoseconds a byte, receiving
	full         float64       // the same, as the scenario has it
	downFree     time.Duration // when the line has carried what it received
	downMeter    account.Meter
	line         []*parcel // that are being received
	off          bool      // it has no power
	life         *life     // nil: nothing runs
	result.Server
}

// closeTimeout is how long a node that leaves waits for the others: that of mesh.Options.
const closeTimeout = 3 * time.Second

// An exit is how a process ends.
type exit uint8

const (
	killed    exit = iota // by kill -9: its kernel tells the others
	left                  // in good order
	unpowered             // with its machine: the other processes get no notification
)

// A life is one process of a node, from its start to its end.
type life struct {
	w       *world
	host    *host
	id      int // in world.lives and in the book
	peer    core.Peer
	seats   []*seat // by application; nil where it does not run
	conns   []*conn
	byLife  map[*life]*conn
	seeds   search
	started time.Duration

	ended    bool
	exit     exit // how it ended
	endedAt  time.Duration
	leaving  bool
	lonely   bool // none of its seeds ran when it dialled them
	paused   bool
	pausedAt time.Duration
	backlog  []event
	callers  []func() // dials that wait until it is resumed
}

func startHost(w *world, arg any) {
	if h := arg.(*host); h.life == nil && !h.off {
		w.start(h)
	}
}

// start starts a process.
func (w *world) start(h *host) {
	l := &life{w: w, host: h, id: w.book.Started(h.node), byLife: map[*life]*conn{}, started: w.now, seats: make([]*seat, len(w.topics))}
	id := [38]byte{0, 0x24, 8, 1, 0x12, 0x20} // an Ed25519 key, as libp2p writes it
	for i := 6; i < len(id); i += 8 {
		binary.BigEndian.PutUint64(id[i:], w.rand.Uint64())
	}
	l.peer = core.Peer(id[:])
	w.lives = append(w.lives, l)
	w.byPeer[l.peer] = l
	h.life = l
	for i, t := range w.topics {
		if w.plan.Runs(i, h.node) {
			l.seats[i] = t.sit(l)
		}
	}
	l.search()
}

// address is where a node listens.
func (h *host) address() string {
	return fmt.Sprintf("/ip4/10.%d.%d.%d/tcp/9800", h.region%256, h.node/250, h.node%250+1)
}

// kill ends a process as kill -9 does: its kernel tells the others.
func (l *life) kill() {
	if !l.ended {
		l.end(killed)
	}
}

// lose ends a process whose machine loses power.
func (h *host) lose(w *world) {
	h.off = true
	if h.life != nil {
		h.life.end(unpowered)
	}
}

// restore lets a machine that lost power boot, which starts the process anew.
func (h *host) restore(w *world) {
	if h.off {
		h.off = false
		w.checkConns(false)
		startHost(w, h)
	}
}

// leave ends a process cleanly: it first sends its goodbye to the others. A process that is
// stopped does so when it continues.
func (l *life) leave() {
	switch {
	case l.ended || l.leaving:
		return
	case l.paused:
		l.w.after(0, l, func(_ *world, arg any) { arg.(*life).leave() }, l)
		return
	}
	l.leaving = true
	for _, s := range l.seats {
		if s != nil {
			s.core.Leave()
			s.flush()
		}
	}
	l.w.after(closeTimeout, l, func(w *world, arg any) { arg.(*life).end(killed) }, l)
	l.hungUp()
}

// hungUp ends a process that leaves, once all others have heard it.
func (l *life) hungUp() {
	for _, s := range l.seats {
		if s != nil && s.welcomes > 0 {
			return
		}
	}
	if l.leaving && !l.ended {
		l.takeAlong()
		l.end(left)
	}
}

// takeAlong tells the book what the process dropped, and still keeps for others that do not answer, or
// have no link: a server that leaves does not wait for their answers.
func (l *life) takeAlong() {
	for _, s := range l.seats {
		if s == nil {
			continue
		}
		for _, m := range s.core.Members() {
			kept := m.Dropped
			if m.State != core.Alive || !m.Linked {
				kept += uint64(m.Waiting)
			}
			if kept > 0 {
				l.w.book.Took(l.w.byPeer[m.Peer].id, l.id, kept)
			}
		}
	}
}

func (l *life) end(how exit) {
	l.w.book.Ended(l.id, how == left)
	for _, s := range l.seats {
		if s != nil {
			s.refuseAll()
			s.topic.rise(s)
		}
	}
	l.ended, l.exit, l.endedAt = true, how, l.w.now
	l.host.life = nil
	l.backlog = nil
	for len(l.conns) > 0 {
		c := l.conns[len(l.conns)-1]
		if how == unpowered {
			c.check(false)
			c.close(c.side(l))
			continue
		}
		c.hangUp(c.side(l))
	}
	for _, s := range l.seats {
		if s != nil {
			s.retire()
		}
	}
}

// retire lets go of the memory of a seat whose life has ended.
func (s *seat) retire() {
	for _, l := range s.links {
		if l != nil {
			l.member, l.conn = nil, nil
		}
	}
	s.core, s.links, s.members = nil, nil, nil
}

func (l *life) pause() {
	l.paused, l.pausedAt = true, l.w.now
	l.w.touchTopics()
	for _, c := range l.conns {
		l.w.after(keepAlive(l.w), nil, starve, starving{c, l, l.w.now})
	}
}

// resume lets a stopped process go on with what has come meanwhile.
func (l *life) resume() {
	if !l.paused || l.ended {
		return
	}
	l.paused = false
	l.w.resumed = l.w.now
	l.w.touchTopics()
	callers := l.callers
	l.callers = nil
	for _, call := range callers {
		call()
	}
	backlog := l.backlog
	l.backlog = nil
	for _, e := range backlog {
		l.w.at(l.w.now, l, e.do, e.arg)
	}
}
