package exchange

import (
	"maps"
	"slices"
)

// A receiver takes what other servers publish.
type receiver struct{ x *Exchange }

func (r receiver) Receive(from, channel string, data []byte) {
	n, ok := ParseWire(channel)
	if !ok {
		return // to a level: nobody publishes there
	}
	if n.Kind == Pattern {
		r.matched(from, n, data)
		return
	}
	m := &Message{From: from, Channel: n.Text, Data: data}
	r.x.mu.RLock()
	var ports []*Port
	if e := r.x.entries[n]; e != nil {
		e.deliver(m)
		ports = e.ports
	}
	r.x.mu.RUnlock()
	for _, p := range ports {
		p.receive(m)
	}
}

// matched takes the copy for one pattern.
func (r receiver) matched(from string, n Name, data []byte) {
	channel, data, err := ParseMatched(data)
	if err != nil {
		return // a member breaks the rules of this package; there is nothing to deliver
	}
	r.x.mu.RLock()
	defer r.x.mu.RUnlock()
	if e := r.x.entries[n]; e != nil {
		e.deliver(&Message{From: from, Channel: channel, Data: data})
	}
}

func (r receiver) Left(server string) {
	for _, p := range r.x.allPorts() {
		p.tell(func(to Receiver) { to.Left(server) })
	}
}

func (r receiver) Gap(from string, lost uint64) {
	r.x.lost.Add(lost)
	for _, p := range r.x.allPorts() {
		p.tell(func(to Receiver) { to.Gap(from, lost) })
	}
}

func (x *Exchange) allPorts() []*Port {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return slices.Collect(maps.Keys(x.ports))
}
