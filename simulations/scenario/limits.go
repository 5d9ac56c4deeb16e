package scenario

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// A scenario may come from anywhere. These bounds keep what is made of a file in
// proportion to it: the time of the YAML parser grows with the square of a line, of the
// lines and of how deep things are nested, and that of a check with the nodes that each
// selector names.
const (
	maxLine      = 4 << 10 // bytes
	maxLines     = 2000
	maxNesting   = 32   // of [ and {
	maxEntries   = 1000 // of a list
	maxRegions   = 200
	maxSelectors = 2000 // in all, each + counted
	maxErrors    = 10
	maxClients   = 100_000                  // of one node
	allClients   = 50_000_000               // of all nodes of an application
	maxLength    = Duration(24 * time.Hour) // of warm-up, load and drain each
	leastEvery   = Duration(100 * time.Millisecond)
)

// tooIntricate says why a file is not worth parsing, and in which line; "" if it is.
func tooIntricate(text []byte) (line int, why string) {
	depth := 0
	for l := range bytes.Lines(text) {
		line++
		if line > maxLines {
			return line, fmt.Sprintf("more than %d lines are no scenario; name regions and ranges instead of single nodes", maxLines)
		}
		if len(l) > maxLine {
			return line, fmt.Sprintf("a line of %d bytes is no scenario's; the limit is %d, so write lists one entry a line", len(l), maxLine)
		}
		for _, b := range l {
			switch b {
			case '[', '{':
				depth++
			case ']', '}':
				depth = max(0, depth-1)
			}
			if depth > maxNesting {
				return line, fmt.Sprintf("more than %d brackets are open; close them, or write lists one entry a line", maxNesting)
			}
		}
	}
	return 0, ""
}

// aliasIn is the line of the first alias, which could make much of little; 0 if there is none.
func aliasIn(n ast.Node) int {
	f := aliases{}
	ast.Walk(&f, n)
	return f.line
}

type aliases struct{ line int }

// Visit implements ast.Visitor.
func (f *aliases) Visit(n ast.Node) ast.Visitor {
	if _, ok := n.(*ast.AliasNode); ok && f.line == 0 {
		f.line = n.GetToken().Position.Line
	}
	return f
}

// sizes checks how much there is of everything, before anything is made of it.
func (c *checker) sizes() {
	s := c.s
	c.atMost("$.regions", len(s.Regions), maxRegions)
	c.atMost("$.links", len(s.Links), maxEntries)
	c.atMost("$.applications", len(s.Applications), maxEntries)
	c.atMost("$.faults", len(s.Faults), maxEntries)
	loads, selectors, nodes := 0, 0, s.Nodes()
	count := func(of []Selector) {
		for _, sel := range of {
			selectors += 1 + strings.Count(string(sel), "+")
		}
	}
	for _, a := range s.Applications {
		loads += len(a.Load)
		count(append(slices.Clone(a.Nodes), "all"))
		for _, l := range a.Load {
			count(l.Publishers)
		}
	}
	for _, f := range s.Faults {
		count(f.Nodes)
		count(f.Between)
		count(f.Groups)
		if f.Do == JoinAct && f.Count > 0 {
			nodes += min(f.Count, MaxNodes+1)
		}
	}
	if loads > maxEntries {
		c.wrong("$.applications", "%d loads are more than %d; take fewer", loads, maxEntries)
	}
	if selectors > maxSelectors {
		c.wrong("$.applications", "%d selectors of nodes are more than %d; name regions instead", selectors, maxSelectors)
	}
	if nodes > MaxNodes {
		c.wrong("$.regions", "%d nodes, with those that join, are more than %d; take fewer", nodes, MaxNodes)
	}
	for path, d := range map[string]Duration{"$.duration": s.Duration, "$.warmup": s.Warmup, "$.drain": s.Drain} {
		if d > maxLength {
			c.wrong(path, "%v is more than 24h; simulate the part that matters", d)
		}
	}
}

func (c *checker) atMost(path string, n, most int) {
	if n > most {
		c.wrong(path, "%d entries are more than %d; take fewer", n, most)
	}
}
