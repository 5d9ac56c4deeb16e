package report

import (
	"fmt"
	"strings"

	"github.com/signalmesh/signalmesh/simulations/result"
)

// A verdict is what came out, in one line.
type verdict struct {
	State string // "good", "warn" or "bad": green, amber or red
	Word  string // one or two words
	Text  string
}

// judge returns the verdict on a result. It looks at the account itself too, so that a fault
// of the simulation cannot pass for a promise kept.
func judge(r result.Result) verdict {
	failed, missed := 0, 0
	for _, c := range r.Checks {
		if !c.OK {
			failed++
		}
	}
	for _, e := range r.Expected {
		if !e.OK {
			missed++
		}
	}
	switch {
	case len(r.Broken) > 0:
		return verdict{"bad", "BROKEN", number(len(r.Broken), "promise of the mesh was", "promises of the mesh were") + " broken"}
	case !r.Balances():
		return verdict{"bad", "BROKEN", "the account of messages does not balance"}
	case failed > 0:
		return verdict{"bad", "DOUBTFUL", number(failed, "check", "checks") + " of the simulation itself failed: its figures are not to be trusted"}
	case missed > 0:
		return verdict{"bad", "MISSED", fmt.Sprintf("%s of %s not met", count(missed), number(len(r.Expected), "expectation", "expectations"))}
	case len(r.Account) == 0 || total(r).Wanted() == 0:
		return verdict{"warn", "EMPTY", "no message was for any other server, so nothing was tested"}
	case len(r.Checks) == 0:
		return verdict{"bad", "DOUBTFUL", "the simulation has not checked itself"}
	}
	if felt := harm(r); len(felt) > 0 {
		return verdict{"warn", "DEGRADED", "every promise of the mesh held, but " + strings.Join(felt, ", ")}
	}
	return verdict{"good", "OK", "every promise of the mesh held"}
}

// lateShare is the share of late deliveries from which on a run is not OK.
const lateShare = 0.01

// harm returns the losses of users that break no promise, the most serious first. It is empty
// only if every wanted delivery arrived, less than 1 % of them late, every message was
// published, and no server was down.
func harm(r result.Result) []string {
	t := total(r)
	var all []string
	if a := r.Availability; a.Down > 0 {
		all = append(all, ofServers(a.Down, a.Servers)+" down")
	}
	reasons := []string{}
	for _, of := range []struct {
		n    uint64
		what string
	}{
		{t.ReportedLost, "were lost"},
		{t.Ended, "ended with a server"},
		{t.ReceiverDown, "were not offered to a server that was down"},
		{t.ReceiverUnknown, "were not offered to a server that was not known"},
		{t.Waiting, "still wait"},
	} {
		if of.n > 0 {
			reasons = append(reasons, fmt.Sprintf("%s of the wanted deliveries %s", portion(float64(of.n)/float64(t.Wanted())), of.what))
		}
	}
	if len(reasons) > 1 { // the answer has them
		reasons = []string{fmt.Sprintf("%s of the wanted deliveries did not arrive", portion(1-share(t)))}
	}
	all = append(all, reasons...)
	if late := float64(t.Late) / float64(max(1, t.Wanted())); late >= lateShare {
		all = append(all, fmt.Sprintf("%s of the wanted deliveries were later than %s", portion(late), millis(r.LateAfterMS)))
	}
	if t.Refused > 0 {
		all = append(all, number(int(t.Refused), "message was", "messages were")+" refused to the publishers")
	}
	if t.Unpublished > 0 {
		all = append(all, number(int(t.Unpublished), "message was", "messages were")+" not published")
	}
	return all
}

// ofServers writes "1 of 8 servers was" or "7 of 8 servers were".
func ofServers(n, all int) string {
	verb := "were"
	if n == 1 {
		verb = "was"
	}
	return fmt.Sprintf("%s of %s servers %s", count(n), count(all), verb)
}

// number writes n with the noun for one, or for several.
func number(n int, one, several string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%s %s", count(n), several)
}
