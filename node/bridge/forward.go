package bridge

import (
	"context"
	"time"

	"github.com/redis/rueidis"

	"github.com/signalmesh/signalmesh/node/exchange"
)

// heard is a message from Redis on its way to the mesh.
type heard struct {
	by            exchange.Name // the subscription
	channel, data string
}

// hear takes what Redis sends. It is called for one message at a time, by the
// goroutine that reads from Redis, and must not wait.
func (s *session) hear(m rueidis.PubSubMessage) {
	h := heard{by: exchange.Name{Kind: exchange.Channel, Text: m.Channel}, channel: m.Channel, data: m.Message}
	if m.Pattern != "" {
		h.by = exchange.Name{Kind: exchange.Pattern, Text: m.Pattern}
	}
	if s.echoes.mine(h.by, h.channel, h.data) {
		s.b.metrics.echoes.Inc()
		return
	}
	if !s.heard.put(h, len(h.channel)+len(h.data)) {
		s.b.drop(toMesh, errFull)
	}
}

// forward carries what was heard into the mesh, until heard is closed and empty.
func (s *session) forward(ctx context.Context) {
	for {
		items, more := s.heard.take()
		for _, h := range items {
			s.carry(ctx, h)
		}
		switch {
		case !more && len(items) == 0:
			return
		case len(items) == 0:
			<-s.heard.news
		}
	}
}

// carryTime is how long a message may wait for a server of the mesh that is behind.
const carryTime = 4 * time.Second

// carry hands a message to those in the mesh that want it.
func (s *session) carry(ctx context.Context, h heard) {
	b := s.b
	if !s.lease.holds() { // another node may carry it
		b.drop(toMesh, errLeaseLost)
		return
	}
	wire, data := h.by.Wire(), []byte(h.data)
	if h.by.Kind == exchange.Pattern {
		data = exchange.AppendMatched(nil, h.channel, data)
	}
	ctx, cancel := context.WithTimeout(ctx, carryTime)
	defer cancel()
	if _, err := b.plane.Publish(ctx, wire, data); err != nil {
		b.drop(toMesh, err)
	} else {
		b.carried(toMesh)
	}
	if s.wants.wantedHere(h.by) {
		b.tell(func(to Receiver) { to.Receive(OldRedis, wire, data) })
	}
}
