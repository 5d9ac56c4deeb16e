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

// Summary writes what came out as a table for a terminal, at most 70 lines, under
// the answer in words, which begins with availability. The
// last lines are the verdict and, if it is not good, the command to see it again.
func Summary(w io.Writer, o Outcome) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s, %s mode, seed %d, %s of virtual time in %s%s\n", short(name(o.Result)), number(o.Nodes, "server", "servers"), short(cmp.Or(o.Mode, none)), o.Seed,
		span(o.VirtualSeconds), span(o.WallSeconds), pace(o.Result))
	if o.Question != "" {
		fmt.Fprintln(&b, short(o.Question))
	}
	for _, said := range append(o.method(), o.sentences(answer)...) {
		writeItem(&b, said)
	}
	b.WriteByte('\n')

	o.table(timesText).write(&b, "  ")
	b.WriteByte('\n')

	account := o.table(accountTable)
	account.Head[0] = "messages"
	account.narrow(mostClasses)
	account.dropEmpty("published", "wanted deliveries", "delivered", "reported lost", "unaccounted", "duplicates", "out of order")
	account.write(&b, "  ")
	b.WriteByte('\n')

	if len(o.Expected) > 0 {
		o.table(expectedTable).write(&b, "  ")
		b.WriteByte('\n')
	}
	writeChecks(&b, o.failing().Checks)
	b.WriteByte('\n')
	writeVerdict(&b, o)
	_, err := io.WriteString(w, b.String())
	return err
}

// timesText returns the times that were observed, without the means.
func timesText(r result.Result) table {
	times := table{Head: []string{"time", "p50", "p90", "p99", "p99.9", "max", "observed"}}
	for _, l := range distributions(r) {
		if l.of.Count > 0 || l.name == "delivery" {
			line := timesRow(l.name, l.of)
			times.Rows = append(times.Rows, append(line[:6:6], line[7]))
		}
	}
	return times
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

func writeVerdict(w io.Writer, o Outcome) {
	v, r := o.verdict(), o.failing()
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

// writeItem writes a sentence as an item of a list, in as many lines as it takes. A figure and
// its unit stay in one line.
func writeItem(w io.Writer, sentence string) {
	line := "  -"
	glued := figures.ReplaceAllStringFunc(strings.Join(strings.Fields(sentence), " "), func(s string) string { return strings.ReplaceAll(s, " ", "\u00a0") })
	for word := range strings.SplitSeq(glued, " ") {
		if word = short(word); utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > lineWidth {
			fmt.Fprintln(w, line)
			line = "   "
		}
		line += " " + word
	}
	fmt.Fprintln(w, line)
}
