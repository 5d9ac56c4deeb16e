package virtual

import (
	"time"

	"github.com/signalmesh/signalmesh/mesh/frame"
	"github.com/signalmesh/signalmesh/simulations/account"
)

const (
	// topicHeader is what a topic message has besides its content: author, signature,
	// number, and GossipSub's envelope with the topic's name.
	topicHeader = 112 + 45
	// historyGossip is for how many heartbeats a message can be asked for.
	historyGossip = 3
	// idBytes is what one message ID costs in an IHAVE.
	idBytes = 18
)

// A topic is GossipSub's topic of an application: a model of it. A message takes the
// fastest way over the mesh; who is not reached may get it by IHAVE and IWANT. Of a
// Relay only those are told whom it is for: to the others it means nothing.
type topic struct {
	w        *world
	app      int
	seats    []*seat // those of ended lives too; the index is a seat's own
	byEpoch  map[uint64]*seat
	living   int
	version  int           // of the overlay
	shifted  time.Duration // when the ways last became better
	shifting bool          // they will be
	trees    map[*seat]*tree
	missed   []*missed
	recent   [historyGossip]int // messages published in the last seconds

	published, received, duplicates, repaired, bytes uint64
}

func newTopic(w *world, app int) *topic {
	t := &topic{w: w, app: app, byEpoch: map[uint64]*seat{}, trees: map[*seat]*tree{}}
	w.after(heartbeatEvery-2, nil, repairRound, t)
	return t
}

// An utterance is a message of the topic.
type utterance struct {
	by     *seat
	number uint64
	msg    frame.TopicMessage
	wait   time.Duration // until the author's line was free
}

// A said is an utterance on its way to one seat.
type said struct {
	to *seat
	*utterance
}

// publish spreads what a seat says.
func (t *topic) publish(by *seat, number uint64, msg frame.TopicMessage) {
	size := onWire(frame.TopicSize(msg) + topicHeader)
	tr := t.treeOf(by)
	u := &utterance{by, number, msg, max(0, by.life.host.up.free-t.w.now)}
	t.published++
	t.recent[0]++
	tr.charge(t, size)
	if relay, ok := msg.(*frame.Relay); ok {
		list := make([]said, 0, len(relay.Dests)) // in one piece, as there are many
		for _, d := range relay.Dests {
			if to := t.byEpoch[d.Epoch]; to != nil && !to.life.ended {
				list = append(list, said{to, u})
				t.send(tr, size, &list[len(list)-1])
			}
		}
		return
	}
	list := make([]said, 0, t.living)
	for _, to := range t.seats {
		if to != by && !to.life.ended {
			list = append(list, said{to, u})
			t.send(tr, size, &list[len(list)-1])
		}
	}
}

// send lets a message reach one seat, or notes that it does not.
func (t *topic) send(tr *tree, size int, m *said) {
	i := m.to.index
	if i >= len(tr.delay) || tr.delay[i] < 0 {
		t.miss(m)
		return
	}
	w := t.w
	delay := tr.delay[i] + time.Duration(float64(size)*tr.perByte[i]) + m.wait
	if jitter, loss := tr.jitter[i], tr.loss[i]; jitter > 0 || loss > 0 {
		delay += w.upTo(jitter + 1)
		if loss > 0 {
			delay += w.lossDelay(nil, &path{base: tr.delay[i], loss: loss}, size, retransmit)
		}
	}
	w.after(delay, m.to.life, hear, m)
}

// hear hands a message of the topic to the core.
func hear(w *world, arg any) {
	m := arg.(*said)
	m.to.road = account.Topic
	var err error
	if by := m.to.member(m.by); by != nil {
		err = m.to.core.TopicOf(w.now, by, m.number, m.msg)
	} else {
		err = m.to.core.Topic(w.now, m.by.life.peer, m.number, m.msg)
	}
	if err != nil && m.to.topic.living < 4096 {
		w.book.Break("%s broke the protocol on the topic, says %s: %v", m.by.life.host.Name, m.to.life.host.Name, err)
	}
	m.to.flush()
}

// A missed message is one that did not reach a seat.
type missed struct {
	*said
	left int // heartbeats until nobody tells of it any more
}

func (t *topic) miss(m *said) {
	if len(t.missed) < 100_000 {
		t.missed = append(t.missed, &missed{m, historyGossip})
	}
}

// repairRound lets those who have a message tell those that lack it: at a heartbeat
// GossipSub tells some peers outside its mesh which messages it has.
func repairRound(w *world, arg any) {
	t := arg.(*topic)
	kept := t.missed[:0]
	for _, m := range t.missed {
		if m.left--; m.left > 0 && !m.to.life.ended && !t.repair(m) {
			kept = append(kept, m)
		}
	}
	clear(t.missed[len(kept):])
	t.missed = kept
	t.gossip()
	w.after(heartbeatEvery, nil, repairRound, t)
}

// repair tries to bring a message to whom it missed.
func (t *topic) repair(m *missed) bool {
	if m.to.life.paused {
		return false
	}
	tr := t.treeOf(m.by)
	for _, p := range m.to.peers {
		has := p.seat == m.by || p.index < len(tr.delay) && tr.delay[p.index] >= 0
		if !has || !p.conn.flows() || p.life.paused || find(m.to.mesh, p.seat) >= 0 {
			continue
		}
		if outside := len(p.peers) - len(p.mesh); outside > lazyDegree && t.w.rand.IntN(outside) >= lazyDegree {
			continue
		}
		t.repaired += t.w.counted(1)
		t.w.after(p.conn.paths[0].base*3, m.to.life, hear, m.said) // IHAVE, IWANT, and the message
		return true
	}
	return false
}

// gossip counts the bytes of the IHAVEs of one heartbeat.
func (t *topic) gossip() {
	ids := 0
	for _, n := range t.recent {
		ids += n
	}
	copy(t.recent[1:], t.recent[:])
	t.recent[0] = 0
	ids = min(ids, 5000) // GossipSub's MaxIHaveLength
	regions := t.regions()
	for _, s := range t.seats {
		if s.life.ended || ids == 0 {
			continue
		}
		to := min(lazyDegree, len(s.peers)-len(s.mesh))
		size := onWire(ids*idBytes) * max(0, to)
		s.life.host.count(t.w, size, max(0, to))
		row := t.w.between[s.life.host.region*len(regions):]
		for i, share := range regions {
			row[i] += share * float64(size)
		}
		s.life.host.ReceivedBytes += t.w.counted(size) // as many tell us as we tell
		s.life.host.ReceivedMessages += t.w.counted(max(0, to))
		t.bytes += t.w.counted(size)
	}
}

// regions are the shares of the living seats in each region.
func (t *topic) regions() []float64 {
	shares := make([]float64, len(t.w.s.Regions))
	for _, s := range t.seats {
		if !s.life.ended {
			shares[s.life.host.region] += 1 / float64(max(1, t.living))
		}
	}
	return shares
}
