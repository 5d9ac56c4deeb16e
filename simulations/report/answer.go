package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/signalmesh/signalmesh/simulations/result"
)

// answer says in plain words what the run found out, one sentence each: what a reader
// with the scenario's question wants to know first. All of it is read off the figures.
func answer(r result.Result) []string {
	if total(r).Offered == 0 {
		return nil // the verdict says so
	}
	return slices.Concat(arrived(r), latenessOf(r), upset(r), liveliness(r), spared(r), costs(r))
}

// arrived says what became of the messages.
func arrived(r result.Result) []string {
	t := total(r)
	if t.Delivered == t.Offered {
		return []string{fmt.Sprintf("All %s deliveries arrived%s.", count(t.Offered), once(t))}
	}
	var rest []string
	for _, of := range []struct {
		n   uint64
		why string
	}{
		{t.ReportedLost, "reported lost to the receivers"},
		{t.Waiting, "still waiting at the end, for servers out of reach"},
		{t.Ended, "gone with a server that was killed or restarted"},
		{t.Unaccounted, "gone without a word"},
	} {
		if of.n > 0 {
			rest = append(rest, count(of.n)+" "+of.why)
		}
	}
	return []string{fmt.Sprintf("%s of %s deliveries (%s) arrived%s; %s.", count(t.Delivered), count(t.Offered), portion(share(t)), once(t), strings.Join(rest, ", "))}
}

// once adds that what arrived did so as it should, if it did.
func once(t result.Account) string {
	if t.Duplicates+t.Disorder > 0 {
		return ""
	}
	return ", each once and in order"
}

func latenessOf(r result.Result) []string {
	l, t := r.Latency, total(r)
	if l.Count == 0 {
		return nil
	}
	text := fmt.Sprintf("Half took at most %s, 99 of 100 at most %s, the slowest %s", millis(l.P50MS), millis(l.P99MS), millis(l.MaxMS))
	if t.Late > 0 && r.LateAfterMS > 0 {
		text += fmt.Sprintf("; %s took longer than %s", count(t.Late), millis(r.LateAfterMS))
	}
	if t.Refused > 0 {
		text += fmt.Sprintf("; %s were refused to their publishers, since too much was waiting", count(t.Refused))
	}
	return []string{text + "."}
}

// calm is up to what multiple of the time before the faults a second counts as ordinary
// again: the p99 of a second with few messages swings that much by itself.
const calm = 2

// upset says how much the faults were felt, and until when.
func upset(r result.Result) []string {
	if len(r.Faults) == 0 {
		return nil
	}
	first := math.Inf(1)
	for _, f := range r.Faults {
		first = min(first, f.BeginSeconds)
	}
	var before []float64
	worst, last := result.Sample{}, math.MinInt
	for _, s := range r.Timeline {
		if float64(s.Second+1) <= first && s.P99MS > 0 {
			before = append(before, s.P99MS)
		}
	}
	if len(before) == 0 {
		return nil
	}
	slices.Sort(before)
	usual := before[len(before)/2]
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
	if last == math.MinInt {
		return []string{fmt.Sprintf("The faults were not felt: of the deliveries of a second, 99 of 100 took at most %s before them, and %s in the worst second since.", millis(usual), millis(worst.P99MS))}
	}
	until := fmt.Sprintf("from %s on it was as before", at(float64(last+1)))
	if last >= lastDelivery(r) {
		until = "to the end of the run it was not as before"
	}
	return []string{fmt.Sprintf("Of the deliveries of a second, 99 of 100 took at most %s before the first fault, and %s in the worst second (from %s); %s.",
		millis(usual), millis(worst.P99MS), at(float64(worst.Second)), until)}
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

// liveliness says how soon servers were missed and got to know each other, and what was
// held up arrived.
func liveliness(r result.Result) []string {
	var said []string
	if h := r.Heal; h.Count > 0 {
		said = append(said, fmt.Sprintf("What the faults held up arrived at most %s after they had ended.", millis(h.MaxMS)))
	}
	if d := r.Detect; d.Count > 0 {
		said = append(said, fmt.Sprintf("When a server ended, each other one noticed it within %s, half of them within %s.", millis(d.MaxMS), millis(d.P50MS)))
	}
	if j := r.Join; j.Count > uint64(max(r.Nodes, 0)) { // some started later
		said = append(said, fmt.Sprintf("A server that started was in touch with all others after %s at the latest, half of them after %s.", millis(j.MaxMS), millis(j.P50MS)))
	}
	return said
}

// spared says how many servers messages that are not for all had to reach.
func spared(r result.Result) []string {
	var messages, pairs uint64
	for _, a := range r.Account {
		if slices.Contains([]string{"group", "user", "connection"}, a.Class) {
			messages, pairs = messages+a.Published, pairs+a.Offered
		}
	}
	all := float64(r.Nodes - 1)
	if messages == 0 || pairs == 0 || all < 1 {
		return nil
	}
	each := float64(pairs) / float64(messages)
	return []string{fmt.Sprintf("A message to a group, user or connection went to %s other servers on average, a broadcast would go to %s: %s of the deliveries.",
		digits(each), digits(all), portion(each/all))}
}

// costs says what a server has to have for it.
func costs(r result.Result) []string {
	t := measure(r)
	if !(t.mean > 0) {
		return nil
	}
	return []string{fmt.Sprintf("It costs each server %s sent and %s received on average (the busiest %s and %s), and up to %s of memory for what others have not acknowledged; %s bytes are sent for each published.",
		amount(t.mean, bitRateUnits), amount(t.received, bitRateUnits), amount(t.busiest, bitRateUnits), amount(t.busiestReceive, bitRateUnits), memory(t.window), digits(t.amplification))}
}
