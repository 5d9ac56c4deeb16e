package report

import (
	"fmt"
	"math"
	"slices"

	"github.com/signalmesh/signalmesh/simulations/result"
	"github.com/signalmesh/signalmesh/simulations/sizing"
)

// answer returns the results of a run in words, one sentence each, availability first.
// Every sentence is derived from the figures.
func answer(r result.Result) []string {
	if total(r).Wanted() == 0 {
		return slices.Concat(available(r), expected(r)) // the verdict says that there were no messages
	}
	return slices.Concat(available(r), arrived(r), r.Advice, expected(r), latenessOf(r), upset(r), liveliness(r), bottleneck(r), spared(r), costs(r))
}

// latenessOf returns how long deliveries took. It begins with the limits of these times.
func latenessOf(r result.Result) []string {
	l, t := r.Latency, total(r)
	if l.Count == 0 {
		return nil
	}
	text := fmt.Sprintf("On the network alone, without CPU: half of the deliveries took at most %s, 99 of 100 at most %s, 999 of 1,000 at most %s, the slowest %s.",
		millis(l.P50MS), millis(l.P99MS), millis(l.P999MS), millis(l.MaxMS))
	said := []string{text}
	if t.Late > 0 && r.LateAfterMS > 0 {
		said = append(said, fmt.Sprintf("Later than %s: %s.", millis(r.LateAfterMS), number(int(t.Late), "delivery", "deliveries")))
	}
	return said
}

// calm is up to what multiple of the time before the faults a second counts as ordinary
// again: the p99 of a second with few messages swings that much by itself.
const calm = 2

// upset returns how much slower deliveries were during and after the faults, and until when.
// It calls the faults not felt only if felt returns false.
func upset(r result.Result) []string {
	usual, first, ok := before(r)
	if !ok {
		return nil
	}
	worst, last := result.Sample{}, math.MinInt
	for _, s := range r.Timeline {
		if float64(s.Second) < math.Floor(first) {
			continue
		}
		if s.P99MS > worst.P99MS {
			worst = s
		}
		if s.P99MS > calm*usual {
			last = s.Second
		}
	}
	if worst.P99MS == 0 {
		return []string{"Nothing was delivered after the first fault began."}
	}
	if last == math.MinInt {
		begin := "The faults were not felt"
		if felt(r) {
			begin = "Deliveries were not slower because of the faults"
		}
		return []string{fmt.Sprintf("%s: of the deliveries of a second, 99 of 100 took at most %s before them, and %s in the worst second since.", begin, millis(usual), millis(worst.P99MS))}
	}
	until := fmt.Sprintf("from %s on it was as before", at(float64(last+1)))
	if last >= lastDelivery(r) {
		until = "to the end of the run it was not as before"
	}
	return []string{fmt.Sprintf("Of the deliveries of a second, 99 of 100 took at most %s before the first fault, and %s in the worst second (from %s, %s); %s.",
		millis(usual), millis(worst.P99MS), at(float64(worst.Second)), faultAt(r, worst.Second), until)}
}

// felt reports whether users noticed anything except slower deliveries: messages did not
// arrive or were not published, or a server was down or stopped.
func felt(r result.Result) bool {
	return total(r).Delivered != total(r).Wanted() || len(harm(r)) > 0 || r.Availability.Paused > 0
}

// before is the usual p99 of a second before the first fault, and when that was.
func before(r result.Result) (usual, first float64, ok bool) {
	if len(r.Faults) == 0 {
		return 0, 0, false
	}
	first = math.Inf(1)
	for _, f := range r.Faults {
		first = min(first, f.BeginSeconds)
	}
	var p99 []float64
	for _, s := range r.Timeline {
		if float64(s.Second+1) <= first && s.P99MS > 0 {
			p99 = append(p99, s.P99MS)
		}
	}
	if len(p99) == 0 {
		return 0, 0, false
	}
	slices.Sort(p99)
	return p99[len(p99)/2], first, true
}

// faultAt names the faults of a second: those that last in it, or else the one that ended
// last before it.
func faultAt(r result.Result, second int) string {
	from, to := float64(second), float64(second+1)
	last, names := -1, ""
	for i, f := range r.Faults {
		switch {
		case f.BeginSeconds < to && f.EndSeconds > from:
			if names != "" {
				names += " and "
			}
			names += named(r, i)
		case f.BeginSeconds < to && (last < 0 || f.EndSeconds >= r.Faults[last].EndSeconds):
			last = i
		}
	}
	switch {
	case names != "":
		return "during " + names
	case last >= 0:
		return "after " + named(r, last)
	}
	return "before the first fault"
}

// named is the label of the ith fault, with its number in the plots if there are several.
func named(r result.Result, i int) string {
	if len(r.Faults) == 1 {
		return "“" + r.Faults[i].Label + "”"
	}
	return fmt.Sprintf("fault %d “%s”", i+1, r.Faults[i].Label)
}

// lastDelivery is the last second in which something arrived.
func lastDelivery(r result.Result) int {
	for _, s := range slices.Backward(r.Timeline) {
		if s.P99MS > 0 {
			return s.Second
		}
	}
	return math.MinInt
}

// liveliness returns how soon faults healed, and how soon servers were detected as gone and
// joined.
func liveliness(r result.Result) []string {
	var said []string
	if h := r.Heal; h.Count > 0 {
		text := fmt.Sprintf("The last delivery that a fault delayed arrived %s after the end of the fault", millis(h.MaxMS))
		if i := slowest(r.Faults); i >= 0 && len(r.Faults) > 1 {
			text += fmt.Sprintf(" (%s)", named(r, i))
		}
		said = append(said, text+".")
	}
	if d := r.Detect; d.Count > 0 {
		said = append(said, fmt.Sprintf("Servers that could no longer be reached were counted as gone within %s by half of the others, and within %s by the last.", millis(d.P50MS), millis(d.MaxMS)))
	}
	if s := r.Suspect; s.Count > 0 && s.MaxMS > r.Detect.MaxMS {
		said = append(said, fmt.Sprintf("Silent servers were suspected within %s by half of the others, and within %s by the last.", millis(s.P50MS), millis(s.MaxMS)))
	}
	if j := r.Join; j.Count > uint64(max(r.Nodes, 0)) { // some started later
		said = append(said, fmt.Sprintf("Half of the servers were in touch with all others at most %s after their start, the last after %s.", millis(j.P50MS), millis(j.MaxMS)))
	}
	return said
}

// slowest is the fault that healed last after its end; -1 if none did.
func slowest(faults []result.Fault) int {
	worst := -1
	for i, f := range faults {
		if f.Heal.Count > 0 && (worst < 0 || f.Heal.MaxMS > faults[worst].Heal.MaxMS) {
			worst = i
		}
	}
	return worst
}

// congested is the mean utilisation from which on a line that was full is the bottleneck, and
// not only full for a moment.
const congested = 0.5

// bottleneck returns the line that was used most.
func bottleneck(r result.Result) []string {
	b := r.Bottleneck
	if b.Name == "" {
		return nil
	}
	use := fmt.Sprintf("%s of %s in its busiest second, %s on average", portion(b.Peak), amount(b.BitsPerSecond, bitRateUnits), portion(b.Mean))
	switch {
	case b.Full && b.Mean >= congested:
		return []string{fmt.Sprintf("The line %s is the bottleneck: it was full (%s), and messages beyond its capacity wait.", b.Name, use)}
	case b.Full:
		return []string{fmt.Sprintf("The line used most is %s: it was full for a time (%s), and messages waited for it.", b.Name, use)}
	}
	return []string{fmt.Sprintf("The line used most is %s: %s.", b.Name, use)}
}

// spared returns how many servers had to receive a message that is not for all.
func spared(r result.Result) []string {
	var messages, pairs uint64
	for _, a := range r.Account {
		if slices.Contains([]string{"group", "user", "connection"}, a.Class) {
			messages, pairs = messages+a.Published, pairs+a.Wanted()
		}
	}
	all := float64(r.Nodes - 1)
	if messages == 0 || pairs == 0 || all < 1 {
		return nil
	}
	each := float64(pairs) / float64(messages)
	return []string{fmt.Sprintf("A message to a group, user or connection was for %s other servers on average, a broadcast would be for %s: %s of the deliveries.",
		digits(each), digits(all), portion(each/all))}
}

// costs returns the traffic and memory of a server, with the figures of the sizing note.
func costs(r result.Result) []string {
	t := sizing.TrafficOf(&r)
	if !(t.Sent > 0) {
		return nil
	}
	said := []string{fmt.Sprintf("It costs each server %s sent and %s received on average while the load ran (the busiest %s and %s), and up to %s of memory for unacknowledged messages.",
		sizing.BitRate(t.Sent), sizing.BitRate(t.Received), sizing.BitRate(t.BusiestSent), sizing.BitRate(t.BusiestReceived), memory(t.Window))}
	if t.Idles() {
		said = append(said, fmt.Sprintf("In the %s s in which messages were published, a server sent %s; in the other %s s it sent %s.", count(t.LoadedFor), sizing.BitRate(t.Loaded), count(t.IdleFor), sizing.BitRate(t.Idle)))
	}
	return said
}
