package mesh

import (
	"context"
	"errors"
	"hash/maphash"
	"time"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/multiformats/go-multiaddr"

	"github.com/signalmesh/signalmesh/mesh/core"
	"github.com/signalmesh/signalmesh/mesh/frame"
)

// A shell notes what the core decides. Its methods are called with Topic.mu held;
// the loops below and those of the links do the work.
type shell struct {
	t       *Topic
	dials   chan dial
	hangs   chan core.Peer
	topic   chan struct{} // NextTopic has something
	stray   chan struct{} // inboxes is not empty
	ended   chan struct{} // a peer's stream has ended
	ticked  chan struct{} // the health may have changed
	inboxes map[core.Peer]struct{}
	reading core.Peer // a frame of this peer is being taken; its reader delivers
}

// memberPatience is how many DialTimeouts the handshakes with a member may take,
// who is known to be there. (Connecting itself has one.) When many nodes start at
// once on few CPUs, giving up early only adds handshakes.
const memberPatience = 3

type dial struct {
	peer  core.Peer
	addrs []string
}

var _ core.Shell = (*shell)(nil)

// signal makes sure that the receiver of c looks again.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

func (s *shell) Wake(m *core.Member) {
	if l := s.t.links[peer.ID(m.Peer())]; l != nil {
		signal(l.wake)
	}
}

func (s *shell) WakeTopic() { signal(s.topic) }

func (s *shell) Inbox(m *core.Member) {
	p := m.Peer()
	if s.inboxes == nil {
		s.inboxes = map[core.Peer]struct{}{}
	}
	s.inboxes[p] = struct{}{}
	if p != s.reading {
		signal(s.stray)
	}
}

func (s *shell) Dial(p core.Peer, addrs []string) {
	select {
	case s.dials <- dial{p, addrs}:
	default: // too many at once; the core plans another try
		s.t.core.Dialed(s.t.mesh.now(), p, false, false)
	}
}

func (s *shell) Hang(p core.Peer) {
	select {
	case s.hangs <- p:
	default: // it will be asked again
	}
}

func (s *shell) Room() {
	if s.t.room != nil {
		close(s.t.room)
		s.t.room = nil
	}
}

func (s *shell) Confirmed(ticket uint64) {
	if c := s.t.tickets[ticket]; c != nil {
		close(c)
		delete(s.t.tickets, ticket)
	}
}

func (s *shell) Changed(m *core.Member, state core.State) {
	if !s.t.closing { // the leaving of a node is no news of the others
		s.t.follow(m, state)
	}
	signal(s.ticked)
	close(s.t.changed)
	s.t.changed = make(chan struct{})
}

func (s *shell) Joined(late []core.Pending) {
	close(s.t.joined)
	if len(late) > 0 {
		s.t.log.Warn(lateText(late))
	}
}

// tick gives the core its sense of time. It ends with the topic.
func (t *Topic) tick() {
	ticker := time.NewTicker(core.TickEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			t.mu.Lock()
			t.core.Tick(t.mesh.now())
			t.forgetOld(t.mesh.now())
			t.mu.Unlock()
			signal(t.shell.ticked)
		case <-t.ctx.Done():
			return
		}
	}
}

// watchPeers opens a link to every peer that shows up on the topic.
func (t *Topic) watchPeers() {
	for {
		e, err := t.events.NextPeerEvent(t.ctx)
		if err != nil {
			return // the topic was closed
		}
		if e.Type == pubsub.PeerJoin {
			t.link(e.Peer)
			t.mu.Lock()
			t.core.AnnounceSoon(t.mesh.now())
			t.mu.Unlock()
		}
	}
}

// readTopic takes what arrives on the topic.
func (t *Topic) readTopic() {
	for {
		msg, err := t.sub.Next(t.ctx)
		if err != nil {
			return // the topic was closed
		}
		m, ok := msg.ValidatorData.(signed)
		if !ok || m.content == nil {
			continue // our own, or of a later version
		}
		t.mu.Lock()
		err = t.core.Topic(t.mesh.now(), core.Peer(m.author), m.number, m.content)
		t.mu.Unlock()
		if err != nil {
			t.cutOff(m.author, err)
		}
	}
}

// writeTopic publishes what the core has for the topic.
func (t *Topic) writeTopic() {
	for {
		select {
		case <-t.shell.topic:
		case <-t.ctx.Done():
			return
		}
		for {
			t.mu.Lock()
			msg := t.core.NextTopic(t.mesh.now())
			t.mu.Unlock()
			if msg == nil {
				break
			}
			if err := t.publish(frame.AppendTopic(nil, msg)); err != nil && t.ctx.Err() == nil {
				t.count.topicErrors.Add(1)
				t.log.Warn("publishing on the topic failed", "err", err)
			}
		}
	}
}

// publish puts content on the topic, signed. Only writeTopic calls it.
func (t *Topic) publish(content []byte) error {
	t.written++
	b, err := sign(t.mesh.secure.key, t.mesh.host.ID(), t.name, t.written, content)
	if err != nil {
		return err
	}
	return t.gossip.Publish(t.ctx, b)
}

// hangUp ends connections that carry nothing.
func (t *Topic) hangUp() {
	for {
		select {
		case p := <-t.shell.hangs:
			t.log.Info("link carries nothing, though the server is heard by way of others", "peer", peer.ID(p).String())
			_ = t.mesh.swarm.ClosePeer(peer.ID(p))
		case <-t.ctx.Done():
			return
		}
	}
}

// dialPeers dials whom the core wants dialled, several at a time.
func (t *Topic) dialPeers() {
	slots := make(chan struct{}, 4)
	for {
		select {
		case d := <-t.shell.dials:
			slots <- struct{}{}
			t.work.Go(func() {
				defer func() { <-slots }()
				t.dial(d)
			})
		case <-t.ctx.Done():
			return
		}
	}
}

func (t *Topic) dial(d dial) {
	info := peer.AddrInfo{ID: peer.ID(d.peer)}
	for _, a := range d.addrs {
		if addr, err := multiaddr.NewMultiaddr(a); err == nil {
			info.Addrs = append(info.Addrs, t.mesh.o.Public(addr))
		}
	}
	ctx, cancel := context.WithTimeout(t.ctx, memberPatience*t.mesh.o.DialTimeout)
	defer cancel()
	t.mesh.swarm.Backoff().Clear(info.ID)
	err := t.mesh.host.Connect(ctx, info)
	if err != nil {
		t.log.Debug("dial failed", "peer", info.ID.String(), "err", err)
		t.mesh.secure.refused.logDial(info, err)
	}
	t.mu.Lock()
	t.core.Dialed(t.mesh.now(), d.peer, err == nil, dead(err))
	t.mu.Unlock()
	if err == nil {
		t.link(info.ID)
	}
}

// deliverStrays delivers what no reader delivers itself: what came on the topic,
// or was released by time.
func (t *Topic) deliverStrays() {
	for {
		select {
		case <-t.shell.stray:
		case <-t.ctx.Done():
			return
		}
		for {
			t.mu.Lock()
			p, ok := t.shell.anyInbox()
			t.mu.Unlock()
			if !ok {
				break
			}
			t.deliver(p)
		}
	}
}

func (s *shell) anyInbox() (core.Peer, bool) {
	for p := range s.inboxes {
		return p, true
	}
	return "", false
}

var laneSeed = maphash.MakeSeed()

// deliver hands the receiver what there is from p. Whoever calls it, the order is
// kept: the lane is held from the taking to the handing over.
func (t *Topic) deliver(p core.Peer) {
	lane := &t.lanes[maphash.String(laneSeed, string(p))%uint64(len(t.lanes))]
	lane.Lock()
	defer lane.Unlock()
	t.mu.Lock()
	delete(t.shell.inboxes, p)
	inbox := t.core.Inbox(p)
	t.mu.Unlock()
	if len(inbox) == 0 {
		return
	}
	t.receiver.RLock()
	defer t.receiver.RUnlock()
	from := peer.ID(p).String()
	for _, d := range inbox {
		t.handOver(from, d)
	}
	t.reuse(p, inbox)
}

// worthReuse is how many deliveries an inbox has room for that is used again: a smaller
// one is made sooner than the lock is taken.
const worthReuse = 16

func (t *Topic) reuse(p core.Peer, inbox []core.Delivery) {
	if cap(inbox) < worthReuse {
		return
	}
	clear(inbox) // what was delivered belongs to the receiver alone
	t.mu.Lock()
	t.core.Reuse(p, inbox)
	t.mu.Unlock()
}

func (t *Topic) handOver(from string, d core.Delivery) {
	r := t.receiver.r
	if d.Lost > 0 {
		t.log.Warn("messages lost", "peer", from, "lost", d.Lost)
	}
	switch {
	case r == nil:
		if d.Channel != "" {
			t.count.unattended.Add(1)
		}
	case d.Lost > 0:
		r.Gap(from, d.Lost)
	case d.Left:
		r.Left(from)
	default:
		r.Receive(from, d.Channel, d.Data)
	}
}

// cutOff ends every connection with a peer that broke the protocol.
func (t *Topic) cutOff(p peer.ID, cause error) {
	if errors.Is(cause, core.ErrViolation) || errors.Is(cause, frame.ErrMalformed) || errors.Is(cause, errSignature) {
		t.mesh.expel(p, cause)
		return
	}
	_ = t.mesh.swarm.ClosePeer(p)
}
