package report

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/signalmesh/signalmesh/simulations/result"
)

// Bounds on what Summary writes, so that it fits a terminal.
const (
	mostClasses = 7
	mostBroken  = 3
	mostChecks  = 2
	mostWidth   = 160 // of what a scenario says, in characters
	lineWidth   = 110 // where a sentence of the answer goes on in the next line
)

// Summary writes what came out as a table for a terminal, at most 45 lines, under
// the answer in words. The
// last lines are the verdict and, if it is not good, the command to see it again.
func Summary(w io.Writer, r result.Result) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s, %s mode, seed %d, %s of virtual time in %s%s\n", short(name(r)), number(r.Nodes, "server", "servers"), short(cmp.Or(r.Mode, none)), r.Seed,
		span(r.VirtualSeconds), span(r.WallSeconds), pace(r))
	if r.Question != "" {
		fmt.Fprintln(&b, short(r.Question))
	}
	for _, said := range answer(r) {
		writeItem(&b, said)
	}
	b.WriteByte('\n')

	times := table{Head: []string{"time", "p50", "p90", "p99", "max", "observed"}}
	for _, l := range distributions(r) {
		times.Rows = append(times.Rows, plainRow(l.name, timeOf(l.of, l.of.P50MS), timeOf(l.of, l.of.P90MS), timeOf(l.of, l.of.P99MS), timeOf(l.of, l.of.MaxMS), count(l.of.Count)))
	}
	times.write(&b, "  ")
	b.WriteByte('\n')

	accountText(r).write(&b, "  ")
	b.WriteByte('\n')

	writeChecks(&b, r.Checks)
	b.WriteByte('\n')
	writeVerdict(&b, r)
	_, err := io.WriteString(w, b.String())
	return err
}

// accountText is the account without what says nothing: columns of zeros that
// need not be seen to be zero, and that it balances.
func accountText(r result.Result) table {
	t := accountTable(r)
	t.Head[0] = "messages"
	t.Rows = t.Rows[max(0, len(t.Rows)-mostClasses):] // the total comes last
	t.dropEmpty("refused", "late", "repaired", "waiting", "ended", "balances")
	return t
}

// writeChecks writes how many checks of the simulation held, and which did not.
func writeChecks(w io.Writer, checks []result.Check) {
	var failed []result.Check
	for _, c := range checks {
		if !c.OK {
			failed = append(failed, c)
		}
	}
	fmt.Fprintf(w, "  checks   %d of %d of the simulation itself agree\n", len(checks)-len(failed), len(checks))
	for _, c := range failed[:min(len(failed), mostChecks)] {
		fmt.Fprintf(w, "           %s: set %s, measured %s\n", short(c.Name), short(with(c.Set, c.Unit)), short(with(c.Measured, c.Unit)))
	}
}

func writeVerdict(w io.Writer, r result.Result) {
	v := judge(r)
	fmt.Fprintf(w, "%s  %s\n", v.Word, v.Text)
	for _, broken := range r.Broken[:min(len(r.Broken), mostBroken)] {
		fmt.Fprintf(w, "  %s\n", short(broken))
	}
	if more := len(r.Broken) - mostBroken; more > 0 {
		fmt.Fprintf(w, "  … and %s more in the report\n", count(more))
	}
	if v.State != "good" && r.Command != "" {
		fmt.Fprintf(w, "see it again:  %s\n", printable(r.Command))
	}
}

// short is s as one line that a terminal can show.
func short(s string) string {
	runes := []rune(printable(strings.Join(strings.Fields(s), " ")))
	if len(runes) > mostWidth {
		return string(runes[:mostWidth-1]) + "…"
	}
	return string(runes)
}

// writeItem writes a sentence as an item of a list, in as many lines as it takes.
func writeItem(w io.Writer, sentence string) {
	line := "  -"
	for _, word := range strings.Fields(sentence) {
		if word = short(word); utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > lineWidth {
			fmt.Fprintln(w, line)
			line = "   "
		}
		line += " " + word
	}
	fmt.Fprintln(w, line)
}
