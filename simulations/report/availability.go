package report

import (
	"fmt"

	"github.com/signalmesh/signalmesh/simulations/result"
)

// available returns how many servers were down, stopped or cut off, and how long their users
// were away.
func available(r result.Result) []string {
	a := r.Availability
	var said []string
	if a.Down > 0 {
		text := ofServers(a.Down, a.Servers) + " down while the load ran"
		switch {
		case a.DownAtEnd == a.Down:
			text += " and did not come back."
		case a.DownAtEnd > 0:
			text += fmt.Sprintf(", and %s did not come back.", count(a.DownAtEnd))
		default:
			text += fmt.Sprintf("; half of the outages lasted at most %s, the longest %s.", millis(a.Outage.P50MS), millis(a.Outage.MaxMS))
		}
		said = append(said, text)
	}
	if a.Paused > 0 {
		said = append(said, fmt.Sprintf("%s stopped for up to %s.", ofServers(a.Paused, a.Servers), span(a.PauseSeconds)))
	}
	if a.CutOff > 0 {
		said = append(said, fmt.Sprintf("%s cut off from most of the others for up to %s.", ofServers(a.CutOff, a.Servers), span(a.CutSeconds)))
	} else if a.CutPaths > 0 {
		said = append(said, fmt.Sprintf("%s of %s paths between servers did not work for up to %s.", count(a.CutPaths), count(a.AllPaths), span(a.CutSeconds)))
	}
	if len(said) == 0 && a.Servers > 0 {
		said = append(said, fmt.Sprintf("All %s servers were up all the time.", count(a.Servers)))
	}
	return append(said, users(a.Users)...)
}

// users returns how many clients were disconnected, and for how long.
func users(u result.Users) []string {
	if u.Disconnects == 0 {
		return nil
	}
	text := fmt.Sprintf("Users: %s of %s clients, each away until its server is ready again: half for at most %s, the longest for %s",
		number(int(u.Disconnects), "disconnect", "disconnects"), count(u.Clients), millis(u.Away.P50MS), millis(u.Away.MaxMS))
	if u.AwayAtEnd > 0 {
		text += fmt.Sprintf(", and %s not back when the load ended", count(u.AwayAtEnd))
	}
	return []string{text + fmt.Sprintf(". That is %s of the time of all clients.", portion(u.AwayShare))}
}

// arrived returns the account of messages in words.
func arrived(r result.Result) []string {
	t := total(r)
	var said []string
	if t.Unpublished > 0 {
		said = append(said, fmt.Sprintf("Not published, since their server was down or stopped: %s of %s.", count(t.Unpublished), number(int(t.Unpublished+t.Published+t.Refused), "message", "messages")))
	}
	if t.Delivered == t.Wanted() && t.Unpublished > 0 {
		said = append(said, fmt.Sprintf("Of those that were published, all %s wanted deliveries arrived%s.", count(t.Wanted()), once(t)))
	} else if t.Delivered == t.Wanted() {
		said = append(said, fmt.Sprintf("All %s wanted deliveries arrived%s.", count(t.Wanted()), once(t)))
	} else {
		said = append(said, fmt.Sprintf("%s of %s wanted deliveries (%s) arrived%s.", count(t.Delivered), count(t.Wanted()), portion(share(t)), once(t)))
	}
	for _, of := range []struct {
		n   uint64
		why string
	}{
		{t.ReportedLost, "reported lost to the receivers"},
		{t.ReceiverDown, "not offered, since the receiving server was down"},
		{t.ReceiverUnknown, "not offered, since the publishing server did not count the receiving one as a member (one of them had just started, or they were cut off from each other)"},
		{t.Ended, "ended with a server that was killed or restarted"},
		{t.Waiting, "still waiting at the end, for servers that cannot be reached"},
		{t.Unaccounted, "missing without a report"},
	} {
		if of.n > 0 {
			said = append(said, fmt.Sprintf("%s (%s): %s.", number(int(of.n), "delivery", "deliveries"), portion(float64(of.n)/float64(t.Wanted())), of.why))
		}
	}
	if t.Refused > 0 {
		said = append(said, fmt.Sprintf("Refused to their publishers, since too much was waiting: %s.", number(int(t.Refused), "message", "messages")))
	}
	return said
}

// once returns a clause for deliveries without duplicates and in order, or "".
func once(t result.Account) string {
	if t.Duplicates+t.Disorder > 0 {
		return ""
	}
	return ", each once and in order"
}

// expected returns the lines of the scenario's expect that were not met.
func expected(r result.Result) []string {
	met := 0
	var missed []string
	for _, e := range r.Expected {
		if e.OK {
			met++
			continue
		}
		missed = append(missed, "Not met: "+Expected(e)+".")
	}
	if len(missed) == 0 && met > 0 {
		return []string{fmt.Sprintf("All %s expectations were met.", count(met))}
	}
	return missed
}

// bound writes what was expected: "at most 50 ms".
func bound(e result.Expectation) string {
	if e.AtLeast {
		return "at least " + inUnit(e.Want, e.Unit)
	}
	return "at most " + inUnit(e.Want, e.Unit)
}

func measuredOf(e result.Expectation) string {
	if e.Missing != "" {
		return "nothing: " + e.Missing
	}
	return inUnit(e.Measured, e.Unit)
}

// inUnit writes a figure of an expectation.
func inUnit(v float64, unit string) string {
	switch unit {
	case "ms":
		return millis(v)
	case "%":
		return portion(v / 100)
	case "B/s":
		return amount(v, trafficUnits) + "/s"
	}
	return with(v, unit)
}
