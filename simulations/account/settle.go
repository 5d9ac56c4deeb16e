package account

import (
	"fmt"
	"maps"
	"math/bits"
	"slices"

	"github.com/signalmesh/signalmesh/simulations/result"
	"github.com/signalmesh/signalmesh/simulations/scenario"
)

// Settle closes the account and returns what it says: Latency, Roads, Account, Join,
// Detect, Heal, Timeline, Faults and Broken, and of Servers the payload, by node.
func (b *Book) Settle() result.Result {
	b.missing()
	r := result.Result{
		Scenario: b.s.Name, Question: b.s.Question, Seed: b.s.Seed, Nodes: b.s.Nodes(), Latency: b.all.latency(),
		LoadSeconds: b.s.Duration.D().Seconds(), Availability: b.availability(),
		Join: b.join.latency(), Ready: b.ready.latency(), Suspect: b.suspect.latency(), Detect: b.detect.latency(), Heal: b.heal(), Timeline: b.samples,
	}
	for road := Direct; road < roads; road++ {
		if h := &b.roads[road]; h.count > 0 {
			r.Roads = append(r.Roads, result.Road{Name: road.String(), Latency: h.latency()})
		}
	}
	r.Account = b.accounts()
	r.Classes, r.Pairs = b.classLatencies(), b.parts.pairLatencies(b.s)
	r.Faults = Faults(b.s)
	for i := range r.Faults {
		r.Faults[i].Latency = b.parts.faultLatency(i)
	}
	for _, h := range b.healings {
		r.Faults[h.fault].Heal = h.latency()
	}
	total := r.Account[len(r.Account)-1]
	if total.Unaccounted > 0 {
		b.Break("%d messages neither arrived nor were reported lost", total.Unaccounted)
	}
	r.Broken = b.broken
	if more := b.brokenN - len(b.broken); more > 0 {
		r.Broken = append(r.Broken, fmt.Sprintf("and %d more", more))
	}
	r.Servers = b.servers()
	r.Traffic = b.traffic()
	return r
}

// traffic has the deliveries between regions, a row for each pair.
func (b *Book) traffic() []result.Traffic {
	var rows []result.Traffic
	for i, from := range b.s.Regions {
		for j, to := range b.s.Regions {
			rows = append(rows, result.Traffic{From: from.Name, To: to.Name, Deliveries: b.carried[i*len(b.s.Regions)+j]})
		}
	}
	return rows
}

// Faults is what a report says of the scenario's faults.
func Faults(s *scenario.Scenario) []result.Fault {
	var faults []result.Fault
	for _, f := range s.Faults {
		faults = append(faults, result.Fault{Label: f.Label, BeginSeconds: f.At.D().Seconds(), EndSeconds: s.End(f).Seconds()})
	}
	return faults
}

// missing explains every message that did not arrive, in the order they were published.
func (b *Book) missing() {
	type pair struct{ from, to int }
	excused := map[pair]uint64{}
	waiting := map[pair]uint64{}
	taken := map[pair]uint64{}
	for i := range b.messages {
		m := &b.messages[i]
		a := m.class
		for word, set := range m.expected {
			for ; set != 0; set &= set - 1 {
				p := pair{int(m.by), word*64 + bits.TrailingZeros64(set)}
				from, to := &b.lives[p.from], &b.lives[p.to]
				switch {
				case to.ended || from.ended && !from.clean:
					a.Ended++
				case taken[p] < to.taken[p.from]:
					taken[p]++
					a.Ended++
				case excused[p] < max(to.lost[p.from], to.dropped[p.from]):
					excused[p]++
					a.ReportedLost++
				case waiting[p] < to.away[p.from]:
					waiting[p]++
					a.Waiting++
				default:
					a.Unaccounted++
					b.Break("message %d of %s for %s, published at %v, neither arrived nor was reported lost", i, b.name(p.from), b.name(p.to), m.at)
				}
			}
		}
	}
}

func (b *Book) accounts() []result.Account {
	total := result.Account{Class: "total"}
	var accounts []result.Account
	for _, c := range scenario.Classes {
		a := b.classes[c]
		if a == nil {
			continue
		}
		accounts = append(accounts, a.Account)
		total.Published += a.Published
		total.Refused += a.Refused
		total.Offered += a.Offered
		total.Delivered += a.Delivered
		total.Late += a.Late
		total.Repaired += a.Repaired
		total.ReportedLost += a.ReportedLost
		total.Waiting += a.Waiting
		total.Ended += a.Ended
		total.ReceiverDown += a.ReceiverDown
		total.ReceiverUnknown += a.ReceiverUnknown
		total.Unpublished += a.Unpublished
		total.Unaccounted += a.Unaccounted
		total.Duplicates += a.Duplicates
		total.Disorder += a.Disorder
	}
	return append(accounts, total)
}

func (b *Book) heal() result.Latency {
	var h histogram
	for _, healing := range b.healings {
		healing.addTo(&h)
	}
	return h.latency()
}

func (h *healing) latency() result.Latency {
	var took histogram
	h.addTo(&took)
	return took.latency()
}

// addTo adds the times of h in the order of the lives.
func (h *healing) addTo(took *histogram) {
	for _, l := range slices.Sorted(maps.Keys(h.until)) {
		took.add(h.until[l])
	}
}

func (b *Book) servers() []result.Server {
	nodes := b.s.Nodes() + len(b.s.Joins())
	servers := make([]result.Server, nodes)
	for i := range servers {
		servers[i].Name = Name(i)
		servers[i].Region = b.s.Regions[b.s.RegionOf(i)].Name
		servers[i].Restarts = -1
	}
	for _, l := range b.lives {
		s := &servers[l.node]
		s.PayloadBytes += l.payload
		s.DeliveredBytes += l.got
		s.Restarts++
	}
	return slices.DeleteFunc(servers, func(s result.Server) bool { return s.Restarts < 0 })
}
