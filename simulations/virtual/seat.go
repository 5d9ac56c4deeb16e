package virtual

import (
	"errors"
	"math/rand/v2"
	"slices"

	"github.com/signalmesh/signalmesh/mesh/core"
	"github.com/signalmesh/signalmesh/mesh/frame"
	"github.com/signalmesh/signalmesh/simulations/account"
	"github.com/signalmesh/signalmesh/simulations/load"
)

// A seat is a process in an application, as mesh.Topic is: the core, and what its
// shell notes. What is noted is done by flush, after every event.
type seat struct {
	life    *life
	topic   *topic
	index   int // in topic.seats
	core    *core.Node
	members []*core.Member // by the index of the other seat; nil: it is none
	links   []*link        // the same; nil: it never was one

	awake    []*core.Member
	inboxes  []*link
	dials    []core.Peer
	hangs    []core.Peer
	dialling int
	waiting  []core.Peer // for a dial to end
	speaks   bool        // NextTopic has something
	room     bool
	number   uint64 // of its last message on the topic

	unpublished []load.Message // the first waits for room
	waits       bool           // at the end of the run, the same
	road        account.Road   // on which the present event came

	alive    int  // members
	servers  int  // alive or suspect
	met      bool // it has been in contact with every other server
	ready    bool // the core has joined
	late     []core.Pending
	linked   int // links that are open in both directions
	welcomes int // streams that others opened

	peers, mesh []neighbour // GossipSub's
}

var _ core.Shell = (*seat)(nil)

// Wake implements core.Shell, as the methods below do.
func (s *seat) Wake(m *core.Member) { s.awake = append(s.awake, m) }

func (s *seat) WakeTopic()                   { s.speaks = true }
func (s *seat) Inbox(m *core.Member)         { s.inboxes = append(s.inboxes, m.Tag.(*link)) }
func (s *seat) Dial(p core.Peer, _ []string) { s.dials = append(s.dials, p) }
func (s *seat) Hang(p core.Peer)             { s.hangs = append(s.hangs, p) }
func (s *seat) Room()                        { s.room = true }
func (s *seat) Confirmed(uint64)             {}

func (s *seat) Changed(m *core.Member, state core.State) {
	if m.Tag == nil { // it has just joined
		m.Tag = s.linkTo(s.life.w.byPeer[m.Peer()].seats[s.topic.app])
	}
	l := m.Tag.(*link)
	if state != core.Left {
		l.becomes(m)
	} else if l.member == m {
		l.becomes(nil)
	}
	if state == core.Alive {
		s.life.peerCame()
	}
	before := l.state
	l.state = state
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
	s.meet()
	l.notice(before, state)
}

// sit opens the seat of a process.
func (t *topic) sit(l *life) *seat {
	w, m := t.w, t.w.s.Mesh
	s := &seat{life: l, topic: t, index: len(t.seats)}
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
	s.meet()
	return s
}

// meet notes when the seat knows all others for the first time.
func (s *seat) meet() {
	if w := s.life.w; !s.met && s.alive >= s.topic.living-1 {
		s.met = true
		w.book.Joined(w.now - s.life.started)
	}
}

func tick(w *world, arg any) {
	s := arg.(*seat)
	s.core.Tick(w.now)
	s.flush()
	s.meet()
	w.after(core.TickEvery, s.life, tick, s)
}

// flush does all that the core asked for.
func (s *seat) flush() {
	for !s.life.ended {
		switch {
		case len(s.inboxes) > 0:
			s.deliver()
		case len(s.awake) > 0:
			s.writeAll()
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
			s.road = account.NoRoad
			return
		}
	}
}

// writeAll writes what the core has for members.
func (s *seat) writeAll() {
	awake := s.awake
	s.awake = nil
	if len(awake) >= ahead {
		s.life.w.warmLinks(awake)
	}
	for _, m := range awake {
		m.Tag.(*link).write()
	}
	if s.awake == nil {
		clear(awake)
		s.awake = awake[:0]
	}
}

// hangUp ends the connections that the core finds to carry nothing.
func (s *seat) hangUp() {
	hangs := s.hangs
	s.hangs = nil
	for _, p := range hangs {
		if l := s.link(s.life.w.byPeer[p].seats[s.topic.app]); l != nil && l.conn != nil {
			l.conn.hangUp(int(l.side))
		}
	}
}

// speak publishes what the core has for the topic.
func (s *seat) speak() {
	s.speaks = false
	for {
		msg := s.core.NextTopic(s.life.w.now)
		if msg == nil {
			return
		}
		s.number++
		s.topic.publish(s, s.number, msg)
	}
}

func (s *seat) deliver() {
	w := s.life.w
	inboxes := s.inboxes
	s.inboxes = nil
	for _, l := range inboxes {
		from := l.peer.life
		inbox := l.inbox()
		for _, d := range inbox {
			switch {
			case d.Lost > 0:
				w.book.Lost(s.life.id, from.id, d.Lost)
			case !d.Left:
				id := load.ID(d.Data)
				w.book.Delivered(account.Delivery{ID: id, To: s.life.id, From: from.id, At: w.now - w.begin, Road: s.road, Repaired: l.repaired(id)})
			}
		}
		if clear(inbox); l.member != nil {
			l.member.Reuse(inbox)
		}
	}
	if s.inboxes == nil {
		s.inboxes = inboxes[:0]
	}
}

// inbox takes what there is to deliver of the peer.
func (l *link) inbox() []core.Delivery {
	if l.member == nil {
		return l.seat.core.Inbox(l.peer.life.peer)
	}
	return l.seat.core.InboxOf(l.member)
}

// repaired tells whether the link with the sender broke between the publishing of a
// message and now.
func (l *link) repaired(id uint64) bool {
	return l.wasDown && l.seat.life.w.book.PublishedAt(id)+l.seat.life.w.begin <= l.downAt
}

// publish offers what waits, until there is no room.
func (s *seat) publish() {
	w := s.life.w
	for len(s.unpublished) > 0 {
		m := s.unpublished[0]
		to := w.to[:0]
		for _, node := range w.wanters[m.App][m.Channel] {
			r := w.hosts[node].life
			if r == nil || r == s.life {
				continue
			}
			if s.member(r.seats[m.App]) != nil {
				to = append(to, r.id)
			} else {
				s.judge(r.seats[m.App])
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
			w.book.Published(m, s.life.id, to, w.wanters[m.App][m.Channel])
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
