package diag

import "fmt"

// MaxProblems is how many problems of each severity a Collector keeps. A hostile
// file can hold hundreds of thousands; nobody reads more than a page.
const MaxProblems = 100

// A Collector gathers the problems of one pass. It is not safe for concurrent
// use. The zero Collector is ready.
type Collector struct {
	// Strict turns warnings into errors.
	Strict bool

	list    Problems
	count   [3]int
	dropped [3]Problem // the first one past MaxProblems of each severity
}

// Add keeps p, unless MaxProblems of its severity are there already.
func (c *Collector) Add(p Problem) {
	if c.Strict && p.Severity == Warning {
		p.Severity = Error
	}
	switch c.count[p.Severity]++; {
	case c.count[p.Severity] <= MaxProblems:
		c.list = append(c.list, p)
	case c.count[p.Severity] == MaxProblems+1:
		c.dropped[p.Severity] = p
	}
}

// Failed says that an error was added.
func (c *Collector) Failed() bool { return c.count[Error] > 0 }

// Problems returns what was gathered. Where some were left out, the last ones
// say how many.
func (c *Collector) Problems() Problems {
	out := append(Problems(nil), c.list...)
	for s := Error; s >= Notice; s-- {
		if n := c.count[s] - MaxProblems; n > 0 {
			at := c.dropped[s].At
			out = append(out, Problem{Severity: s, At: Origin{Source: at.Source, Line: at.Line},
				Message: fmt.Sprintf("%d more problems of severity %q from this line on", n, s)})
		}
	}
	return out
}
