package virtual

import (
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/signalmesh/signalmesh/mesh/core"
	"github.com/signalmesh/signalmesh/mesh/frame"
	"github.com/signalmesh/signalmesh/simulations/account"
	"github.com/signalmesh/signalmesh/simulations/load"
)

// A seat is a process in an application, as mesh.Topic is: the core, and what its
// shell notes. What is noted is done by flush, after every event.
type seat struct {
	life  *life
	topic *topic
	index int // in topic.seats
	core  *core.Node
	links map[core.Peer]*link

	awake    []*link
	inboxes  []core.Peer
	dials    []core.Peer
	hangs    []core.Peer
	dialling int
	waiting  []core.Peer // for a dial to end
	speaks   bool        // NextTopic has something
	room     bool
	number   uint64 // of its last message on the topic

	unpublished []load.Message // the first waits for room
	road        string         // on which the present event came

	states   []core.State // of others, by their index in topic.seats; what is beyond the end is Left
	alive    int          // of them
	servers  int          // alive or suspect
	joined   bool
	linked   int // links that are open in both directions
	welcomes int // streams that others opened

	peers, mesh []neighbour // GossipSub's
}

// A link is the streams between two seats.
type link struct {
	seat     *seat // that writes
	peer     *life
	conn     *conn
	open     bool // our stream, Hello said
	welcomed bool // the peer's
	queued   bool // in seat.awake
	blocked  bool // the pipe is full
	downAt   time.Duration
	wasDown  bool
}

var _ core.Shell = (*seat)(nil)

// Wake implements core.Shell, as the methods below do.
func (s *seat) Wake(p core.Peer) {
	if l := s.links[p]; l != nil && l.open && !l.queued {
		l.queued = true
		s.awake = append(s.awake, l)
	}
}

func (s *seat) WakeTopic()                   { s.speaks = true }
func (s *seat) Inbox(p core.Peer)            { s.inboxes = append(s.inboxes, p) }
func (s *seat) Dial(p core.Peer, _ []string) { s.dials = append(s.dials, p) }
func (s *seat) Hang(p core.Peer)             { s.hangs = append(s.hangs, p) }
func (s *seat) Room()                        { s.room = true }
func (s *seat) Confirmed(uint64)             {}

func (s *seat) Changed(p core.Peer, _ string, state core.State) {
	of := s.life.w.byPeer[p]
	i := of.seats[s.topic.app].index
	for len(s.states) <= i {
		s.states = append(s.states, core.Left)
	}
	before := s.states[i]
	s.states[i] = state
	count := func(state core.State, by int) {
		if state == core.Alive {
			s.alive += by
		}
		if state <= core.Suspect {
			s.servers += by
		}
	}
	count(before, -1)
	count(state, 1)
	if before <= core.Suspect && state > core.Suspect && of.ended && !of.clean {
		s.life.w.book.Detected(s.life.w.now - of.endedAt)
	}
}

// sit opens the seat of a process.
func (t *topic) sit(l *life) *seat {
	w, m := t.w, t.w.s.Mesh
	s := &seat{life: l, topic: t, index: len(t.seats), links: map[core.Peer]*link{}}
	epoch := w.rand.Uint64() | 1
	t.seats = append(t.seats, s)
	t.byEpoch[epoch] = s
	t.living++
	s.core = core.New(w.now, core.Options{
		Self: l.peer, Application: w.s.Applications[t.app].Name, Shell: s, Rand: rand.New(rand.NewPCG(epoch, 0)),
		Member:   frame.Member{Epoch: epoch, Name: account.Name(l.host.node), Version: "sim", Addrs: []string{l.host.address()}},
		FullMesh: m.Direct, WindowAge: m.ReplayAge.D(), WindowBytes: int(m.ReplayBytes), Backlog: int(m.Backlog),
		SuspectAfter: m.SuspectAfter.D(), GoneAfter: m.GoneAfter.D(),
	})
	for _, c := range w.plan.Channels(t.app, l.host.node) {
		if _, err := s.core.Subscribe(w.now, c); err != nil {
			w.book.Break("%s cannot subscribe: %v", account.Name(l.host.node), err)
		}
	}
	w.after(w.upTo(core.TickEvery), l, tick, s)
	w.after(w.upTo(heartbeatEvery), l, heartbeat, s)
	s.flush()
	return s
}

func tick(w *world, arg any) {
	s := arg.(*seat)
	s.core.Tick(w.now)
	s.flush()
	if !s.joined && s.alive >= s.topic.living-1 {
		s.joined = true
		w.book.Joined(w.now - s.life.started)
	}
	w.after(core.TickEvery, s.life, tick, s)
}

// flush does all that the core asked for.
func (s *seat) flush() {
	for !s.life.ended {
		switch {
		case len(s.inboxes) > 0:
			s.deliver()
		case len(s.awake) > 0:
			awake := s.awake
			s.awake = nil
			for _, l := range awake {
				l.queued = false
				l.write()
			}
			if s.awake == nil {
				s.awake = awake[:0]
			}
		case len(s.hangs) > 0:
			s.hangUp()
		case len(s.dials) > 0:
			s.dialNext()
		case s.speaks:
			s.speak()
		case s.room && len(s.unpublished) > 0:
			s.room = false
			s.publish()
		default:
			s.road = ""
			return
		}
	}
}

// hangUp ends the connections that the core finds to carry nothing.
func (s *seat) hangUp() {
	hangs := s.hangs
	s.hangs = nil
	for _, p := range hangs {
		if l := s.links[p]; l != nil && l.conn != nil {
			l.conn.hangUp(l.conn.side(s.life))
		}
	}
}

// speak publishes what the core has for the topic.
func (s *seat) speak() {
	s.speaks = false
	for {
		b := s.core.NextTopic(s.life.w.now)
		if b == nil {
			return
		}
		s.number++
		s.topic.publish(s, s.number, b)
	}
}

func (s *seat) deliver() {
	w := s.life.w
	inboxes := s.inboxes
	s.inboxes = nil
	for _, p := range inboxes {
		from := w.byPeer[p]
		for _, d := range s.core.Inbox(p) {
			switch {
			case d.Lost > 0:
				w.book.Lost(s.life.id, from.id, d.Lost)
			case !d.Left:
				w.book.Delivered(account.Delivery{
					ID: load.ID(d.Data), To: s.life.id, From: from.id, At: w.now - w.begin, Road: s.road, Repaired: s.repaired(p, load.ID(d.Data)),
				})
			}
		}
	}
	if s.inboxes == nil {
		s.inboxes = inboxes[:0]
	}
}

// repaired tells whether the link with the sender broke between the publishing of a
// message and now.
func (s *seat) repaired(p core.Peer, id uint64) bool {
	l := s.links[p]
	return l != nil && l.wasDown && s.life.w.book.PublishedAt(id)+s.life.w.begin <= l.downAt
}

// publish offers what waits, until there is no room.
func (s *seat) publish() {
	w := s.life.w
	for len(s.unpublished) > 0 {
		m := s.unpublished[0]
		to := w.to[:0]
		for _, node := range w.wanters[m.App][m.Channel] {
			r := w.hosts[node].life
			if r != nil && r != s.life && s.core.State(r.peer) != core.Left {
				to = append(to, r.id)
			}
		}
		w.to = to
		_, err := s.core.Publish(w.now, m.Channel, m.Payload())
		switch {
		case errors.Is(err, core.ErrBacklog):
			return
		case err != nil:
			w.book.Refused(m)
		default:
			w.book.Published(m, s.life.id, to)
		}
		s.unpublished = s.unpublished[1:]
	}
}

// refuseAll says that what waited was never published.
func (s *seat) refuseAll() {
	for _, m := range s.unpublished {
		s.life.w.book.Refused(m)
	}
	s.unpublished = nil
}

// drop takes x out of list and keeps the order.
func drop[T comparable](list []T, x T) []T {
	if i := slices.Index(list, x); i >= 0 {
		return slices.Delete(list, i, i+1)
	}
	return list
}
