package door

import (
	"github.com/signalmesh/signalmesh/node/door/resp"
	"github.com/signalmesh/signalmesh/node/exchange"
)

// A subscription is one of a connection. It is what the exchange delivers to.
type subscription struct {
	name exchange.Name
	out  *output
	head []byte // of its messages

	// Guarded by out.mu.
	pending bool // not confirmed: messages are held
	held    []*exchange.Message
	missed  []*exchange.Message // since the connection was lost
}

var _ exchange.Sink = (*subscription)(nil)

// Deliver takes a message. It does not wait.
func (s *subscription) Deliver(m *exchange.Message) {
	if m.Encoded == nil {
		encode(m)
	}
	o := s.out
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.lost != nil:
		o.lost.add(s, m)
		return
	case s.pending:
		s.hold(m)
		return
	}
	o.push(s, m)
	b, ok := m.Publisher.(*batch)
	switch {
	case o.cut:
	case !ok:
		o.flush()
	case o.batch != b:
		o.batch = b
		b.add(o)
	}
}

// hold keeps a message until the subscription is confirmed. The caller holds mu.
func (s *subscription) hold(m *exchange.Message) {
	if s.out.cut || s.out.finished {
		return
	}
	s.held = append(s.held, m)
	s.out.held += cost(m)
	s.out.check()
}

// confirmed ends the holding. The caller has put the reply, and holds mu.
func (s *subscription) confirmed() {
	s.pending = false
	for _, m := range s.held {
		s.out.held -= cost(m)
		s.out.push(s, m)
	}
	s.held = nil
}

// verbs begin replies and messages, by kind of subscription.
var verbs = map[exchange.Kind]struct{ subscribe, unsubscribe, message string }{
	exchange.Channel: {"subscribe", "unsubscribe", "message"},
	exchange.Pattern: {"psubscribe", "punsubscribe", "pmessage"},
	exchange.Shard:   {"ssubscribe", "sunsubscribe", "smessage"},
}

// headOf is what messages of a subscription begin with.
func headOf(n exchange.Name, version int) []byte {
	if n.Kind != exchange.Pattern {
		return resp.AppendBulk(resp.AppendPush(nil, version, 3), verbs[n.Kind].message)
	}
	b := resp.AppendBulk(resp.AppendPush(nil, version, 4), verbs[n.Kind].message)
	return resp.AppendBulk(b, n.Text)
}

// encode sets what messages end with: their channel and data. The data are shared with it,
// so that a message that waits is in memory once.
func encode(m *exchange.Message) {
	b := make([]byte, 0, len(m.Channel)+len(m.Data)+32)
	m.Encoded = resp.AppendBulk(resp.AppendBulk(b, m.Channel), m.Data)
	end := len(m.Encoded) - len("\r\n")
	m.Data = m.Encoded[end-len(m.Data) : end : end]
}
