package report

import (
	"fmt"

	"github.com/signalmesh/signalmesh/simulations/result"
)

// A verdict is what came out, in one line.
type verdict struct {
	State string // "good", "bad", or "warn" when the figures cannot be trusted
	Word  string // one or two words
	Text  string
}

// judge sums up a result. It looks at the account itself too, so that a fault
// of the simulation cannot pass for a promise kept.
func judge(r result.Result) verdict {
	failed := 0
	for _, c := range r.Checks {
		if !c.OK {
			failed++
		}
	}
	switch {
	case len(r.Broken) > 0:
		return verdict{"bad", "BROKEN", number(len(r.Broken), "promise of the mesh was", "promises of the mesh were") + " broken"}
	case !r.Balances():
		return verdict{"bad", "BROKEN", "the account of messages does not balance"}
	case failed > 0:
		return verdict{"warn", "DOUBTFUL", number(failed, "check", "checks") + " of the simulation itself failed: its figures are not to be trusted"}
	case total(r).Offered == 0:
		return verdict{"warn", "EMPTY", "no message was offered to any server, so nothing was put to the test"}
	}
	return verdict{"good", "OK", "every promise of the mesh held"}
}

// number writes n with the noun for one, or for several.
func number(n int, one, several string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%s %s", count(n), several)
}

// loadSeconds is for how long something was published, by the timeline, or
// else how long the whole run was.
func loadSeconds(r result.Result) float64 {
	first, last := -1, -1
	for _, s := range r.Timeline {
		if s.Published > 0 {
			if first < 0 {
				first = s.Second
			}
			last = s.Second
		}
	}
	if first < 0 || last < first {
		return r.VirtualSeconds
	}
	return float64(last - first + 1)
}

// A traffic is how much the servers send, by the second.
type traffic struct {
	mean, received float64 // bit/s, on average
	busiest        float64 // bit/s of the server that sends most
	amplification  float64 // bytes sent by all for each byte published; 0: none was published
	window         uint64  // the most that one server kept for others
	busiestReceive float64 // bit/s of the server that receives most
}

func measure(r result.Result) traffic {
	var t traffic
	var sent, got, payload, most, received uint64
	for _, s := range r.Servers {
		sent, got, payload = sent+s.SentBytes, got+s.ReceivedBytes, payload+s.PayloadBytes
		most = max(most, s.SentBytes)
		received = max(received, s.ReceivedBytes)
		t.window = max(t.window, s.WindowPeakBytes)
	}
	if seconds := loadSeconds(r); seconds > 0 && len(r.Servers) > 0 {
		t.mean, t.received = 8*float64(sent)/seconds/float64(len(r.Servers)), 8*float64(got)/seconds/float64(len(r.Servers))
		t.busiest, t.busiestReceive = 8*float64(most)/seconds, 8*float64(received)/seconds
	}
	if payload > 0 {
		t.amplification = float64(sent) / float64(payload)
	}
	return t
}
