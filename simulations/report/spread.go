package report

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Several runs of a scenario are shown as one text: a figure that differs between the runs is
// replaced by its median, with the least and the most in brackets. The texts are made for
// each run and merged here, so that every sentence, cell and tile of a report has its range.

// figures finds what may differ between runs: names of nodes, and figures with their units.
var figures = regexp.MustCompile(`node-\d+|\d[\d,]*(?:\.\d+)?(?: min \d[\d.]* s\b| (?:ns|µs|ms|s|min|h|[kMGT]?B|[KMGT]iB|[kMGT]?bit/s)(?:\b|$))?`)

// families are the units that figures may have. A figure of a family is compared in its base.
var families = [][]unit{durationUnits, bitRateUnits, trafficUnits, memoryUnits}

// A token is a piece of a text: words, or a figure.
type token struct {
	text   string
	figure bool
	family []unit // nil: a plain number, or the name of a node
	value  float64
}

// singular makes texts of one and of several the same.
var singular = strings.NewReplacer("deliveries", "delivery", "messages", "message", "servers", "server", "disconnects", "disconnect", " were ", " was ")

// kind returns the part of a token that must be equal in all runs.
func (t token) kind() string {
	switch {
	case !t.figure:
		return singular.Replace(t.text)
	case t.family == nil:
		return "#" + strings.TrimRight(t.text, "0123456789,.")
	}
	return "#" + t.family[len(t.family)-1].name
}

// tokens splits a text.
func tokens(s string) []token {
	var all []token
	at := 0
	for _, m := range figures.FindAllStringIndex(s, -1) {
		t, ok := tokenOf(s, m[0], m[1])
		if !ok {
			continue
		}
		if m[0] > at {
			all = append(all, token{text: s[at:m[0]]})
		}
		all, at = append(all, t), m[1]
	}
	if at < len(s) {
		all = append(all, token{text: s[at:]})
	}
	return all
}

// tokenOf reads the figure in s[from:to]. Digits that are part of a word are none.
func tokenOf(s string, from, to int) (token, bool) {
	before, _ := utf8.DecodeLastRuneInString(s[:from])
	after, _ := utf8.DecodeRuneInString(s[to:])
	if from > 0 && !strings.ContainsRune(" (+−", before) || to < len(s) && (unicode.IsLetter(after) || unicode.IsDigit(after)) {
		return token{}, false
	}
	t := token{text: s[from:to], figure: true}
	number, name, _ := strings.Cut(t.text, " ")
	t.value, _ = strconv.ParseFloat(strings.ReplaceAll(strings.TrimPrefix(number, "node-"), ",", ""), 64)
	if minutes, seconds, ok := strings.Cut(strings.TrimSuffix(name, " s"), "min "); ok && minutes == "" {
		s, _ := strconv.ParseFloat(seconds, 64)
		t.value, t.family = 60*t.value+s, durationUnits
		return t, true
	}
	for _, family := range families {
		if i := slices.IndexFunc(family, func(u unit) bool { return u.name == name && name != "" }); i >= 0 {
			t.value, t.family = t.value*family[i].size, family
			return t, true
		}
	}
	return t, name == ""
}

// skeleton is a text without its figures.
func skeleton(s string) string {
	var b strings.Builder
	for _, t := range tokens(s) {
		b.WriteString(t.kind())
	}
	return b.String()
}

// merge makes one text of texts that have the same skeleton, with the words of the longest:
// those of several.
func merge(texts []string) string {
	all := make([][]token, len(texts))
	longest := 0
	for i, s := range texts {
		all[i] = tokens(s)
		if len(singular.Replace(s)) < len(s) {
			longest = i
		}
	}
	var b strings.Builder
	for i, first := range all[longest] {
		same := make([]token, len(all))
		for run := range all {
			same[run] = all[run][i]
		}
		if first.figure {
			b.WriteString(first.among(same))
		} else {
			b.WriteString(first.text)
		}
	}
	return b.String()
}

// among writes the median of figures of one kind with their range, or the one if all are
// the same.
func (t token) among(same []token) string {
	if !slices.ContainsFunc(same, func(o token) bool { return o.text != t.text }) {
		return t.text
	}
	if strings.HasPrefix(t.text, "node-") {
		return t.text + " (not the same in all runs)"
	}
	var values []float64
	for _, o := range same {
		values = append(values, o.value)
	}
	low, middle, high := bounds(values)
	write := digits
	if t.family != nil {
		write = func(v float64) string {
			if &t.family[0] == &durationUnits[0] {
				return span(v)
			}
			return amount(v, t.family)
		}
	}
	return ranged(write(low), write(middle), write(high))
}

// ranged writes a median with its range. A unit that all three have is written once.
func ranged(low, middle, high string) string {
	if low == high {
		return middle
	}
	_, unit, has := strings.Cut(middle, " ")
	l, okLow := strings.CutSuffix(low, " "+unit)
	h, okHigh := strings.CutSuffix(high, " "+unit)
	if has && okLow && okHigh && !strings.Contains(unit, " ") {
		low, high = l, h
	}
	return fmt.Sprintf("%s (%s–%s)", middle, low, high)
}

// bounds returns the least, the median and the most of values, of which there is at least one.
func bounds(values []float64) (low, middle, high float64) {
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	n := len(sorted)
	return sorted[0], (sorted[(n-1)/2] + sorted[n/2]) / 2, sorted[n-1]
}

// mergeSentences makes one list of the sentences of several runs, in the order of their
// first appearance. A sentence that is not in all runs has a note.
func mergeSentences(runs [][]string) []string {
	var order []string
	texts := map[string][]string{}
	for _, sentences := range runs {
		for _, s := range sentences {
			k := skeleton(s)
			if texts[k] == nil {
				order = append(order, k)
			}
			texts[k] = append(texts[k], s)
		}
	}
	var merged []string
	for _, k := range order {
		s := merge(texts[k])
		if len(texts[k]) < len(runs) {
			s = fmt.Sprintf("In %d of %d runs: %s", len(texts[k]), len(runs), s)
		}
		merged = append(merged, s)
	}
	return merged
}

// mergeTables makes one table of those of several runs. Rows belong together by their first
// cell.
func mergeTables(tables []table) table {
	merged := tables[0]
	merged.Rows = nil
	var order []string
	rows := map[string][]row{}
	for _, t := range tables {
		for _, r := range t.Rows {
			if rows[r[0].Text] == nil {
				order = append(order, r[0].Text)
			}
			rows[r[0].Text] = append(rows[r[0].Text], r)
		}
	}
	for _, name := range order {
		merged.Rows = append(merged.Rows, mergeRows(rows[name]))
	}
	return merged
}

// mergeRows makes one row of those of several runs.
func mergeRows(rows []row) row {
	merged := slices.Clone(rows[0])
	for i := 1; i < len(merged); i++ {
		var texts []string
		for _, r := range rows {
			if i < len(r) {
				texts = append(texts, r[i].Text)
				merged[i].Class = worse(merged[i].Class, r[i].Class)
			}
		}
		merged[i].Text = mergeCells(texts)
	}
	return merged
}

// mergeCells makes one text of the cells of several runs. Runs without a figure do not count.
func mergeCells(texts []string) string {
	some := slices.DeleteFunc(slices.Clone(texts), func(s string) bool { return s == none })
	if len(some) == 0 {
		return none
	}
	for _, s := range some {
		if skeleton(s) != skeleton(some[0]) {
			slices.Sort(some)
			return strings.Join(slices.Compact(some), " or ")
		}
	}
	return merge(some)
}

// worse returns the class of the more serious of two cells.
func worse(a, b string) string {
	for _, c := range []string{"bad", "warn"} {
		if a == c || b == c {
			return c
		}
	}
	return a
}
