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
		Text: "Delivery: on the network alone, without CPU. Ready: from a server's start until it has joined the mesh, and /readyz answers 200. Join: from a server's start until it is in touch with every other. " +
			"Suspect and detect: from the moment a server can no longer be reached until another one suspects it, and until it no longer counts it. Heal: from the end of a fault until what it held up is delivered.",
		Head: timesHead(""),
	}
	shown := distributions(r)
	for i, road := range r.Roads {
		shown = slices.Insert(shown, i+1, distribution{"· " + road.Name, road.Latency})
	}
	for _, d := range shown {
		t.Rows = append(t.Rows, timesRow(d.name, d.of))
	}
	return t
}

func timesHead(first string) []string {
	return []string{first, "p50", "p90", "p99", "p99.9", "max", "mean", "observed"}
}

func timesRow(name string, l result.Latency) row {
	return plainRow(name, timeOf(l, l.P50MS), timeOf(l, l.P90MS), timeOf(l, l.P99MS), timeOf(l, l.P999MS), timeOf(l, l.MaxMS), timeOf(l, l.MeanMS), count(l.Count))
}

// partsTable shows the delivery times by class of message and by pair of regions.
func partsTable(r result.Result) table {
	t := table{Title: "Delivery times by kind of message and by pair of regions", Head: timesHead("")}
	for _, c := range r.Classes {
		t.Rows = append(t.Rows, timesRow("to "+c.Name, c.Latency))
	}
	for _, p := range r.Pairs {
		t.Rows = append(t.Rows, timesRow(p.Name, p.Latency))
	}
	return t
}

// usersTable returns the availability of servers and the time away of their users.
func usersTable(r result.Result) table {
	a, u := r.Availability, r.Availability.Users
	return table{
		Title: "Servers and users",
		Text:  "A client stays with its server, and is away until the next process of that server is ready. Behind a load balancer it would connect to another server sooner.",
		Head:  []string{"", "in all"},
		Rows: []row{
			plainRow("servers", count(a.Servers)), plainRow("servers that were down", count(a.Down)), plainRow("servers not back when the load ended", count(a.DownAtEnd)),
			plainRow("servers that were stopped", count(a.Paused)), plainRow("servers cut off from most others", count(a.CutOff)),
			plainRow("outage of a server, median", timeOf(a.Outage, a.Outage.P50MS)), plainRow("outage of a server, longest", timeOf(a.Outage, a.Outage.MaxMS)),
			plainRow("clients", count(u.Clients)), plainRow("disconnects of clients", count(u.Disconnects)),
			plainRow("time away of a client, median", timeOf(u.Away, u.Away.P50MS)), plainRow("time away of a client, longest", timeOf(u.Away, u.Away.MaxMS)),
			plainRow("clients not back when the load ended", count(u.AwayAtEnd)), plainRow("time away, of the time of all clients", portion(u.AwayShare)),
		},
	}
}

// expectedTable has a line for each expectation of the scenario.
func expectedTable(r result.Result) table {
	t := table{Title: "Expectations", Text: "The expectations of the scenario, and the measured figures.", Words: 1, Head: []string{"figure", "expected", "measured", ""}}
	for _, e := range r.Expected {
		verdict := cell{"met", "good"}
		if !e.OK {
			verdict = cell{"not met", "bad"}
		}
		t.Rows = append(t.Rows, row{{Text: e.Figure}, {Text: bound(e)}, {Text: measuredOf(e)}, verdict})
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
	return []distribution{{"delivery", r.Latency}, {"ready", r.Ready}, {"join", r.Join}, {"suspect", r.Suspect}, {"detect", r.Detect}, {"heal", r.Heal}}
}

// accountRows are the counts of the account, in its order.
var accountRows = []struct {
	name string
	of   func(result.Account) uint64
	must bool // it has to be 0
}{
	{"published", func(a result.Account) uint64 { return a.Published }, false},
	{"refused to the publisher", func(a result.Account) uint64 { return a.Refused }, false},
	{"not published (server away)", func(a result.Account) uint64 { return a.Unpublished }, false},
	{"wanted deliveries", result.Account.Wanted, false},
	{"not offered (receiver down)", func(a result.Account) uint64 { return a.ReceiverDown }, false},
	{"not offered (receiver not known)", func(a result.Account) uint64 { return a.ReceiverUnknown }, false},
	{"offered", func(a result.Account) uint64 { return a.Offered }, false},
	{"delivered", func(a result.Account) uint64 { return a.Delivered }, false},
	{"· late", func(a result.Account) uint64 { return a.Late }, false},
	{"· repaired", func(a result.Account) uint64 { return a.Repaired }, false},
	{"reported lost", func(a result.Account) uint64 { return a.ReportedLost }, false},
	{"waiting", func(a result.Account) uint64 { return a.Waiting }, false},
	{"ended", func(a result.Account) uint64 { return a.Ended }, false},
	{"unaccounted", func(a result.Account) uint64 { return a.Unaccounted }, true},
	{"duplicates", func(a result.Account) uint64 { return a.Duplicates }, true},
	{"out of order", func(a result.Account) uint64 { return a.Disorder }, true},
}

// accountTable returns the account of messages, with a column for each class. Counts that
// break a promise are bad.
func accountTable(r result.Result) table {
	t := table{
		Title: "Account of messages",
		Text: "From wanted deliveries on, counted in pairs: three are wanted of a message for three servers. Wanted deliveries are offered, or not offered because the receiving server was down or the publishing one did not know it. " +
			"Offered is delivered, reported lost, waiting (for a receiver that cannot be reached), ended (its sender or receiver was killed) or unaccounted. Unaccounted, duplicates and out of order must be 0.",
		Head: []string{""},
	}
	accounts := r.Account
	if len(accounts) == 2 {
		accounts = accounts[1:] // the only class is the total
	}
	balance := row{{Text: "balances"}}
	for _, a := range accounts {
		t.Head = append(t.Head, a.Class)
		if a.Balances() {
			balance = append(balance, cell{"yes", "good"})
		} else {
			balance = append(balance, cell{"NO", "bad"})
		}
	}
	for _, kind := range accountRows {
		line := row{{Text: kind.name}}
		for _, a := range accounts {
			if kind.must {
				line = append(line, zero(kind.of(a)))
			} else {
				line = append(line, cell{Text: count(kind.of(a))})
			}
		}
		t.Rows = append(t.Rows, line)
	}
	t.Rows = append(t.Rows, balance)
	return t
}

// dropEmpty takes out the rows that hold nothing but zeros, or that all is good, except for
// those of kept.
func (t *table) dropEmpty(kept ...string) {
	t.Rows = slices.DeleteFunc(t.Rows, func(r row) bool {
		something := slices.ContainsFunc(r[1:], func(c cell) bool { return c.Text != "0" && c.Class != "good" })
		return !something && !slices.Contains(kept, r[0].Text)
	})
}

// zero is a count that has to be 0.
func zero(n uint64) cell {
	if n > 0 {
		return cell{count(n), "bad"}
	}
	return cell{Text: "0"}
}

func total(r result.Result) result.Account { return r.Total() }

// ends is how many servers are shown from each end when there are many.
const ends = 10

// serversTable shows what each server did, the busiest first.
func serversTable(r result.Result) table {
	t := table{
		Title: "Servers",
		Text:  "Bytes with headers, while the load ran; the busiest sender first. Amplification: bytes sent for each byte published on the server. Window: the most bytes kept for others. Line is how much of its bandwidth was used in the busiest second, and on average.",
		Words: 1,
		Head:  []string{"server", "region", "sent", "received", "messages sent", "messages received", "payload published", "payload delivered", "amplification", "window", "line up", "line down", "links", "restarts"},
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
			volume(s.PayloadBytes), volume(s.DeliveredBytes), times(s.Amplification), memory(s.WindowPeakBytes), usage(s.Up), usage(s.Down), count(s.Links), count(s.Restarts)))
	}
	return t
}

// usage writes how much of a line was used.
func usage(u result.Use) string {
	if !(u.BitsPerSecond > 0) {
		return none
	}
	return portion(u.Peak) + ", " + portion(u.Mean)
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

func gossipTable(r result.Result) table {
	g := r.Gossip
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

// at writes a moment of virtual time: "1 min 30 s".
func at(seconds float64) string {
	minutes := int64(seconds / 60)
	if seconds < 60 || !finite(seconds) || seconds > 1e9 {
		return digits(seconds) + " s"
	}
	return strings.TrimSuffix(fmt.Sprintf("%s min %s s", count(minutes), digits(seconds-60*float64(minutes))), " 0 s")
}

// checksTable compares the simulated network with its settings.
func checksTable(r result.Result) table {
	t := table{
		Title: "Checks of the simulation itself",
		Text:  "What the simulated network did, measured, against what it was told to do.",
		Head:  []string{"check", "set", "measured", ""},
	}
	for _, c := range r.Checks {
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

func settingsTable(r result.Result) table {
	t := table{Title: "Settings", Words: 1, Head: []string{"setting", "value"}}
	for _, s := range r.Settings {
		t.Rows = append(t.Rows, plainRow(s.Name, s.Value))
	}
	return t
}
