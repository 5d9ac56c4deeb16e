//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"time"
)

// What a process may be larger at the end of a soak than when it was warm. More
// than that, and it is growing.
const (
	warmUp         = 90 * time.Second
	rssFactor      = 1.25
	rssSlack       = 8 << 20 // bytes
	moreGoroutines = 32      // a second connection with each of four others, about to end
)

// soak draws faults until the time is over, and then compares what each node needs
// with what it needed after the warm-up.
func soak(ctx context.Context, o options, stdout io.Writer) error {
	rng := rand.New(rand.NewPCG(o.seed, 2))
	fo := o.fleet(nil)
	fo.spared = o.size - 2 // a process that is young at the end tells little
	f, err := newFleet(ctx, fo)
	if err != nil {
		return err
	}
	defer f.close()
	var drawable []scenario
	for _, s := range scenarios() {
		if s.soak {
			drawable = append(drawable, s)
		}
	}
	begun, r := time.Now(), newReport()
	var warm []Vitals
	var outcomes []Outcome
	for time.Since(begun) < o.soak {
		outcome := try(ctx, drawable[rng.IntN(len(drawable))], f, r, rng)
		outcomes = append(outcomes, outcome)
		fmt.Fprintf(stdout, "%6.0f s  %s%s: %d delivered, recovered in %.1f s\n",
			time.Since(begun).Seconds(), outcome.Scenario, outcome.aside(), outcome.Delivered, outcome.Recovery.Seconds())
		if outcome.Err != nil {
			tellLogs(stdout, f)
			return fmt.Errorf("%s: %w", outcome.Scenario, outcome.Err)
		}
		if warm == nil && time.Since(begun) > min(warmUp, o.soak/3) {
			if warm, err = f.vitals(ctx); err != nil {
				return err
			}
		}
	}
	printTable(stdout, []Outcome{total(outcomes)})
	cold, err := f.vitals(ctx)
	if err != nil {
		return err
	}
	return compare(stdout, f, warm, cold)
}

// vitals asks every node, when nothing is on its way.
func (f *fleet) vitals(ctx context.Context) ([]Vitals, error) {
	f.settle(ctx)
	all := make([]Vitals, 0, len(f.servers))
	for _, s := range f.servers {
		v, err := s.process.vitals(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, nil
}

func compare(stdout io.Writer, f *fleet, warm, end []Vitals) error {
	var errs []error
	for i, s := range f.servers {
		w, e := warm[i], end[i]
		fmt.Fprintf(stdout, "%s: %.1f MiB and %d goroutines when warm, %.1f MiB and %d at the end\n",
			s, mebibytes(w.RSS), w.Goroutines, mebibytes(e.RSS), e.Goroutines)
		if limit := float64(w.RSS)*rssFactor + rssSlack; float64(e.RSS) > limit {
			errs = append(errs, fmt.Errorf("%s grew to %.1f MiB, above %.1f", s, mebibytes(e.RSS), limit/(1<<20)))
		}
		if limit := w.Goroutines + moreGoroutines; e.Goroutines > limit {
			errs = append(errs, fmt.Errorf("%s has %d goroutines, more than %d", s, e.Goroutines, limit))
		}
	}
	return errors.Join(errs...)
}

func mebibytes(bytes int) float64 { return float64(bytes) / (1 << 20) }

// total is what all outcomes came to, with the longest recovery.
func total(outcomes []Outcome) Outcome {
	sum := Outcome{Scenario: fmt.Sprintf("soak, %d faults", len(outcomes))}
	for _, o := range outcomes {
		sum.Sums = sum.plus(o.Sums)
		sum.Reported += o.Reported
		sum.Unaccounted += o.Unaccounted
		sum.Refused += o.Refused
		sum.Recovery = max(sum.Recovery, o.Recovery)
	}
	return sum
}
