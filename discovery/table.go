package discovery

import (
	"slices"
	"sync"
	"time"

	"github.com/multiformats/go-multiaddr"
)

// ownEvery is how long an address at which this node itself answered is not dialled.
// It is dialled again then, because a virtual IP or a pod's IP may have moved.
const ownEvery = 30 * time.Second

// A seed is a Seed with the addresses of its names.
type seed struct {
	Seed
	targets []target
	lookup  string // why the last lookup failed
	cut     bool   // it was logged that a name has more than maxAddresses
}

// A target is one host of a seed.
type target struct {
	addrs []multiaddr.Multiaddr // literal; dialled in this order until one answers
	name  string                // the name that addrs come from, or empty
}

// label names one address of t as an operator knows it.
func (t target) label(addr multiaddr.Multiaddr) string {
	if t.name == "" {
		return hostPort(addr)
	}
	return t.name + " at " + hostPort(addr)
}

// A result describes the dials of one address.
type result struct {
	outcome  Outcome
	peer     string
	reason   string
	tried    time.Time
	answered bool // a member answered at some time
}

// A table holds the seeds of a Loop and the results of their addresses. Only the
// goroutine of the Loop changes seeds. Everything may be read concurrently.
type table struct {
	mu      sync.Mutex
	seeds   []*seed
	results map[string]*result // by address
}

// newTable returns a table of seeds. An address that is listed twice counts once.
func newTable(seeds []Seed) *table {
	t := &table{results: map[string]*result{}}
	known := map[string]bool{}
	for _, s := range seeds {
		s.Addrs = slices.DeleteFunc(slices.Clone(s.Addrs), func(a multiaddr.Multiaddr) bool {
			twice := known[a.String()]
			known[a.String()] = true
			return twice
		})
		if len(s.Addrs) > 0 {
			s := &seed{Seed: s}
			s.targets = s.place(nil)
			t.seeds = append(t.seeds, s)
		}
	}
	return t
}

// setTargets replaces the targets of s and notes why a lookup failed; "" if it did
// not. If keep is true and there are no new targets, the old ones stay.
func (t *table) setTargets(s *seed, targets []target, failure string, keep bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s.lookup = failure
	if len(targets) > 0 || !keep {
		s.targets = targets
	}
}

// prune deletes the results of addresses that are not in a seed.
func (t *table) prune() {
	t.mu.Lock()
	defer t.mu.Unlock()
	present := map[string]bool{}
	for _, s := range t.seeds {
		for _, target := range s.targets {
			for _, a := range target.addrs {
				present[a.String()] = true
			}
		}
	}
	for a := range t.results {
		if !present[a] {
			delete(t.results, a)
		}
	}
}

// own reports whether this node itself answered at addr less than ownEvery ago.
func (t *table) own(addr multiaddr.Multiaddr) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := t.results[addr.String()]
	return r != nil && r.outcome == OutcomeSelf && time.Since(r.tried) < ownEvery
}

// note stores the outcome of a dial of addr and reports whether it differs from the
// one before.
func (t *table) note(addr multiaddr.Multiaddr, o Outcome, peer, reason string) (changed bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := t.results[addr.String()]
	if r == nil {
		r = &result{}
		t.results[addr.String()] = r
	}
	changed = r.outcome != o
	r.outcome, r.peer, r.reason, r.tried = o, peer, reason, time.Now()
	r.answered = r.answered || o == OutcomeMember
	return changed
}

// answered reports whether a member was at an address of target at some time.
func (t *table) answered(target target) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.ContainsFunc(target.addrs, func(a multiaddr.Multiaddr) bool {
		r := t.results[a.String()]
		return r != nil && r.answered
	})
}

// status returns what Loop.Seeds documents.
func (t *table) status() []SeedStatus {
	t.mu.Lock()
	defer t.mu.Unlock()
	list := make([]SeedStatus, 0, len(t.seeds))
	for _, s := range t.seeds {
		status := SeedStatus{Seed: s.String(), Origin: s.Origin, Lookup: s.lookup, Addrs: []AddressInfo{}}
		for _, target := range s.targets {
			for _, a := range target.addrs {
				info := AddressInfo{Address: hostPort(a)}
				if r := t.results[a.String()]; r != nil {
					info.Outcome, info.Peer, info.Reason, info.Tried = r.outcome, r.peer, r.reason, r.tried
				}
				status.Addrs = append(status.Addrs, info)
			}
		}
		list = append(list, status)
	}
	return list
}

// A summary has the last answers of all seeds.
type summary struct {
	members  int      // addresses with a member
	refused  []string // "refused by …: …"
	failed   []string // "… (connection refused)"
	ownNames []string // "name at address", where the address is this node's own
	own      []string // literal addresses that are this node's own
}

// verdict is the Verdict that s asks for at the end of contact.
func (s summary) verdict() Verdict {
	switch {
	case s.members > 0:
		return Met
	case len(s.refused) > 0:
		return Refused
	}
	return Alone
}

// summary returns the last answers of all seeds.
func (t *table) summary() summary {
	t.mu.Lock()
	defer t.mu.Unlock()
	var sum summary
	seen := map[string]bool{}
	for _, s := range t.seeds {
		if s.lookup != "" {
			sum.failed = append(sum.failed, s.String()+" ("+s.lookup+")")
		}
		for _, target := range s.targets {
			for _, a := range target.addrs {
				r := t.results[a.String()]
				if r == nil || seen[a.String()] {
					continue
				}
				seen[a.String()] = true
				sum.add(target, target.label(a), r)
			}
		}
	}
	return sum
}

func (s *summary) add(t target, label string, r *result) {
	switch r.outcome {
	case OutcomeMember:
		s.members++
	case OutcomeRefused:
		s.refused = append(s.refused, "refused by "+label+": "+r.reason)
	case OutcomeUnreachable:
		s.failed = append(s.failed, label+" ("+r.reason+")")
	case OutcomeSelf:
		if t.name == "" {
			s.own = append(s.own, label)
		} else {
			s.ownNames = append(s.ownNames, label)
		}
	}
}
