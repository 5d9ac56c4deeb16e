// Package similar finds the name that a mistyped one probably means, by edit
// distance.
package similar

import (
	"cmp"
	"slices"
	"strings"
)

// maxCompared is the length in bytes up to which names are compared. Longer names are
// not similar to any other, so that hostile names cost nothing.
const maxCompared = 64

// Closest returns the known name that a mistyped name probably means, or "" if none
// is similar. Letter case does not count.
func Closest(name string, known []string) string {
	name = strings.ToLower(name)
	best, limit := "", min(3, (len(name)+1)/2)
	for _, k := range known {
		if d := distance(name, strings.ToLower(k)); d <= limit {
			best, limit = k, d-1
		}
	}
	return best
}

// Sort returns names sorted by their distance from like, the closest first.
func Sort(names []string, like string) []string {
	like = strings.ToLower(like)
	type ranked struct {
		name string
		d    int
	}
	rs := make([]ranked, len(names))
	for i, n := range names {
		rs[i] = ranked{n, distance(like, strings.ToLower(n))}
	}
	slices.SortStableFunc(rs, func(a, b ranked) int { return cmp.Compare(a.d, b.d) })
	out := make([]string, len(rs))
	for i, r := range rs {
		out[i] = r.name
	}
	return out
}

// distance returns how many letters must be inserted, removed, changed or swapped
// with their neighbour to make b from a (optimal string alignment).
func distance(a, b string) int {
	if len(a) > maxCompared || len(b) > maxCompared {
		return 2 * maxCompared
	}
	before, prev, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			row[j] = min(prev[j]+1, row[j-1]+1, prev[j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, prev, row = prev, row, before
	}
	return prev[len(b)]
}
