package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/signalmesh/signalmesh/simulations/result"
)

// latencyTable shows every distribution of times that was measured.
func latencyTable(r result.Result) table {
	t := table{
		Title: "Times",
		Text: "Ready: from a server's start until it has joined the mesh, and /readyz answers 200. Join: from a server's start until it is in touch with every other. Detect: from the end of a server until another no longer counts it. " +
			"Heal: from the end of a fault until what it held up is delivered.",
		Head: []string{"", "p50", "p90", "p99", "max", "mean", "observed"},
	}
	shown := distributions(r)
	for i, road := range r.Roads {
		shown = slices.Insert(shown, i+1, distribution{"· " + road.Name, road.Latency})
	}
	for _, d := range shown {
		l := d.of
		t.Rows = append(t.Rows, plainRow(d.name, timeOf(l, l.P50MS), timeOf(l, l.P90MS), timeOf(l, l.P99MS), timeOf(l, l.MaxMS), timeOf(l, l.MeanMS), count(l.Count)))
	}
	return t
}

// A distribution is a kind of times that is measured.
type distribution struct {
	name string
	of   result.Latency
}

// distributions returns those of r, of deliveries first.
func distributions(r result.Result) []distribution {
	return []distribution{{"delivery", r.Latency}, {"ready", r.Ready}, {"join", r.Join}, {"detect", r.Detect}, {"heal", r.Heal}}
}

// accountTable shows what became of every message. What breaks a promise is bad.
func accountTable(r result.Result) table {
	t := table{
		Title: "Account of messages", Words: 1,
		Text: "Counted in pairs: a message that three servers want is offered three times. Offered must be delivered, reported lost, waiting (for a receiver that cannot be reached), " +
			"ended (its sender or receiver was killed) or unaccounted, and unaccounted, duplicates and out of order must be 0.",
		Head: []string{"", "balances", "published", "refused", "offered", "delivered", "late", "repaired", "reported lost", "waiting", "ended", "unaccounted", "duplicates", "out of order"},
	}
	for _, a := range r.Account {
		balance := cell{"yes", "good"}
		if !a.Balances() {
			balance = cell{"NO", "bad"}
		}
		t.Rows = append(t.Rows, row{{Text: a.Class}, balance, {Text: count(a.Published)}, {Text: count(a.Refused)}, {Text: count(a.Offered)}, {Text: count(a.Delivered)},
			{Text: count(a.Late)}, {Text: count(a.Repaired)}, {Text: count(a.ReportedLost)}, {Text: count(a.Waiting)}, {Text: count(a.Ended)},
			zero(a.Unaccounted), zero(a.Duplicates), zero(a.Disorder)})
	}
	return t
}

// dropEmpty takes out those of the named columns that hold nothing but zeros, or that
// all is good.
func (t *table) dropEmpty(names ...string) {
	something := func(i int) func(row) bool {
		return func(r row) bool { return r[i].Text != "0" && r[i].Class != "good" }
	}
	for i, head := range slices.Backward(t.Head) {
		if !slices.Contains(names, head) || slices.ContainsFunc(t.Rows, something(i)) {
			continue
		}
		t.Head = slices.Delete(t.Head, i, i+1)
		if i <= t.Words {
			t.Words--
		}
		for j := range t.Rows {
			t.Rows[j] = slices.Delete(t.Rows[j], i, i+1)
		}
	}
}

// zero is a count that has to be 0.
func zero(n uint64) cell {
	if n > 0 {
		return cell{count(n), "bad"}
	}
	return cell{Text: "0"}
}

// total is the sum of the account, or an empty one.
func total(r result.Result) result.Account {
	if i := slices.IndexFunc(r.Account, func(a result.Account) bool { return a.Class == "total" }); i >= 0 {
		return r.Account[i]
	}
	return result.Account{Class: "total"}
}

// ends is how many servers are shown from each end when there are many.
const ends = 10

// serversTable shows what each server did, the busiest first.
func serversTable(r result.Result) table {
	t := table{
		Title: "Servers",
		Text:  "Bytes with headers, while the load ran; the busiest sender first. Amplification is what a server sent for each byte published on it. Window is what it kept for others at the most.",
		Words: 1,
		Head:  []string{"server", "region", "sent", "received", "messages sent", "messages received", "payload published", "payload delivered", "amplification", "window", "links", "restarts"},
	}
	servers := slices.Clone(r.Servers)
	slices.SortStableFunc(servers, func(a, b result.Server) int { return cmp.Compare(b.SentBytes, a.SentBytes) })
	for i, s := range servers {
		if len(servers) > 2*ends && i == ends {
			t.Rows = append(t.Rows, row{{fmt.Sprintf("… %s more in results.json …", count(len(servers)-2*ends)), "soft"}})
		}
		if len(servers) > 2*ends && i >= ends && i < len(servers)-ends {
			continue
		}
		t.Rows = append(t.Rows, plainRow(s.Name, cmp.Or(s.Region, none), volume(s.SentBytes), volume(s.ReceivedBytes), count(s.SentMessages), count(s.ReceivedMessages),
			volume(s.PayloadBytes), volume(s.DeliveredBytes), times(s.Amplification), memory(s.WindowPeakBytes), count(s.Links), count(s.Restarts)))
	}
	return t
}

func volume(n uint64) string { return amount(float64(n), trafficUnits) }
func memory(n uint64) string { return amount(float64(n), memoryUnits) }

// times writes a factor; 0 stands for none.
func times(f float64) string {
	if !(f > 0) {
		return none
	}
	return digits(f) + "×"
}

func gossipTable(g result.Gossip) table {
	return table{
		Title: "The topic",
		Text:  "What GossipSub carried: who is a member, and messages that had no direct link.",
		Head:  []string{"", "in all"},
		Rows: []row{
			plainRow("published", count(g.Published)), plainRow("copies received first", count(g.Received)),
			plainRow("duplicate copies", count(g.Duplicates)), plainRow("repaired by IHAVE and IWANT", count(g.Repaired)), plainRow("bytes sent for all", volume(g.Bytes)),
		},
	}
}

// faultsTable lists the bands of the plots under their numbers.
func faultsTable(faults []result.Fault) table {
	t := table{Title: "Faults", Text: "As numbered in the plots.", Words: 3, Head: []string{"fault", "from", "to", "lasted"}}
	for i, f := range faults {
		to, lasted := at(f.EndSeconds), span(f.EndSeconds-f.BeginSeconds)
		if f.EndSeconds <= f.BeginSeconds {
			to, lasted = none, none
		}
		t.Rows = append(t.Rows, plainRow(band{label: f.Label}.named(i), at(f.BeginSeconds), to, lasted))
	}
	return t
}

// at writes a moment of virtual time: "1 min 30 s".
func at(seconds float64) string {
	minutes := int64(seconds / 60)
	if seconds < 60 || !finite(seconds) || seconds > 1e9 {
		return digits(seconds) + " s"
	}
	return strings.TrimSuffix(fmt.Sprintf("%s min %s s", count(minutes), digits(seconds-60*float64(minutes))), " 0 s")
}

// checksTable compares the simulated network with its settings.
func checksTable(checks []result.Check) table {
	t := table{
		Title: "Checks of the simulation itself",
		Text:  "What the simulated network did, measured, against what it was told to do.",
		Head:  []string{"check", "set", "measured", ""},
	}
	for _, c := range checks {
		verdict := cell{"agrees", "good"}
		if !c.OK {
			verdict = cell{"does not agree", "bad"}
		}
		t.Rows = append(t.Rows, row{{Text: c.Name}, {Text: with(c.Set, c.Unit)}, {Text: with(c.Measured, c.Unit)}, verdict})
	}
	return t
}

// with writes v with a unit of its own.
func with(v float64, unit string) string { return strings.TrimSpace(digits(v) + " " + unit) }

func settingsTable(settings []result.Setting) table {
	t := table{Title: "Settings", Words: 1, Head: []string{"setting", "value"}}
	for _, s := range settings {
		t.Rows = append(t.Rows, plainRow(s.Name, s.Value))
	}
	return t
}
