package swarm

import (
	"context"
	"time"

	"github.com/signalmesh/signalmesh/simulations/scenario"
)

// seedsPerStep is how many seeds are tried with a smaller scenario. Another number of
// servers or messages changes everything random, so a failure may need another seed.
const seedsPerStep = 3

// A Shrinker makes failing scenarios smaller.
type Shrinker struct {
	// Budget bounds the time of Shrink. Default 1 minute.
	Budget time.Duration
	// Limits bound each run.
	Limits Limits
	// Progress, if it is not nil, is called after each run.
	Progress func(runs int, f *Failure)

	try func(text []byte) *Failure // tests replace Try
}

// Shrink removes faults, loads, applications, regions and settings from a scenario that
// failed, and halves the number of servers, the times, rates and sizes, for as long as
// the scenario fails in the same way. It returns the text of the smallest scenario that
// failed, and its failure. If ctx or the budget ends, that is the smallest so far.
func (s Shrinker) Shrink(ctx context.Context, text []byte, f *Failure) ([]byte, *Failure) {
	budget := s.Budget
	if budget == 0 {
		budget = time.Minute
	}
	ctx, cancel := context.WithTimeout(ctx, budget)
	defer cancel()
	w := shrinking{Shrinker: s, ctx: ctx, best: text, failure: f}
	tree, err := parseTree(text)
	if err != nil || f.Kind == Hang {
		return text, f // a run that cannot be stopped costs a processor for each try
	}
	for smaller := true; smaller && ctx.Err() == nil; {
		tree, smaller = w.pass(tree)
	}
	return w.best, w.failure
}

// A shrinking is the state of one Shrink.
type shrinking struct {
	Shrinker
	ctx     context.Context
	runs    int
	best    []byte
	failure *Failure
}

// pass tries every way to make the scenario smaller once. After a success the ways that
// are left are those of the smaller scenario, from the same place on.
func (w *shrinking) pass(t tree) (tree, bool) {
	smaller := false
	for _, kind := range edits {
		for i := 0; w.ctx.Err() == nil; {
			candidate, ok := kind(t, i)
			if !ok {
				break
			}
			if kept, fails := w.fails(candidate); fails {
				t, smaller = kept, true
				continue
			}
			i++
		}
	}
	return t, smaller
}

// fails reports whether a candidate fails like the scenario, with any of some seeds, and
// returns it with that seed.
func (w *shrinking) fails(t tree) (tree, bool) {
	t = t.fitted()
	for i := range seedsPerStep {
		candidate := t
		if i > 0 {
			candidate = t.withSeed(i)
		}
		text, err := candidate.text()
		if err != nil {
			return t, false
		}
		if _, err := scenario.Parse("smaller.yaml", text); err != nil {
			return t, false
		}
		f, err := w.run(text)
		if err != nil {
			return t, false
		}
		w.runs++
		if w.Progress != nil {
			w.Progress(w.runs, w.failure)
		}
		if f = w.failure.In(f); f != nil {
			w.best, w.failure = text, f
			return candidate, true
		}
	}
	return t, false
}

func (w *shrinking) run(text []byte) (*Failure, error) {
	if w.try != nil {
		return w.try(text), nil
	}
	return Try(w.ctx, text, w.Limits)
}
