package swarm

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/signalmesh/signalmesh/simulations/result"
	"github.com/signalmesh/signalmesh/simulations/scenario"
	"github.com/signalmesh/signalmesh/simulations/virtual"
)

// A Kind is the kind of a failure.
type Kind string

// The kinds of failures.
const (
	Promise Kind = "promise" // the mesh broke a promise
	Check   Kind = "check"   // the simulation failed a check on itself
	Panic   Kind = "panic"   // the mesh or the simulation panicked
	Hang    Kind = "hang"    // the run did not end
	Repeat  Kind = "repeat"  // the second run of the scenario had another result
	Invalid Kind = "invalid" // the scenario cannot be run
)

// A Failure is a failed check of a run.
type Failure struct {
	Kind Kind   `json:"kind"`
	Text string `json:"text"`
	// Stack is that of a panic.
	Stack string `json:"stack,omitempty"`
	// Also are the other broken promises of the run, at most 20.
	Also []string `json:"also,omitempty"`
}

func (f *Failure) Error() string { return f.Text }

// numbers match the numbers and times, which differ between two failures of the same cause.
var numbers = regexp.MustCompile(`\d+(\.\d+)?(ns|µs|ms|m|s|h)?`)

// signature is the text of a failure without its numbers.
func signature(text string) string { return numbers.ReplaceAllString(text, "#") }

// In returns the failure of another run, with the text that is like that of f first. It
// returns nil if the other run did not fail in this way. Two texts are alike if they
// differ in numbers only: those of servers and messages, and times.
func (f *Failure) In(o *Failure) *Failure {
	if o == nil || f.Kind != o.Kind {
		return nil
	}
	texts := append([]string{o.Text}, o.Also...)
	i := slices.IndexFunc(texts, func(text string) bool { return signature(text) == signature(f.Text) })
	if i < 0 {
		return nil
	}
	alike := &Failure{Kind: o.Kind, Text: texts[i], Stack: o.Stack}
	alike.Also = slices.Delete(texts, i, i+1)
	return alike
}

// Limits bound a run.
type Limits struct {
	// Wall is how long a run may take. Default 1 minute. A run that does not even stop
	// then continues in the background until the program ends.
	Wall time.Duration
	// Again makes Try run the scenario twice and compare the results.
	Again bool
}

// grace is how long a run that was stopped may take to end.
const grace = 10 * time.Second

// Try runs a scenario file and returns what went wrong, or nil. The error is that of ctx.
func Try(ctx context.Context, text []byte, l Limits) (*Failure, error) {
	s, err := scenario.Parse("scenario.yaml", text)
	if err != nil {
		return &Failure{Kind: Invalid, Text: err.Error()}, nil
	}
	first, failure, err := runOnce(ctx, s, l)
	if failure != nil || err != nil || !l.Again {
		return failure, err
	}
	second, failure, err := runOnce(ctx, s, l)
	if failure != nil || err != nil {
		return failure, err
	}
	if a, b := fingerprint(first), fingerprint(second); !bytes.Equal(a, b) {
		return &Failure{Kind: Repeat, Text: "two runs of the scenario had different results"}, nil
	}
	return nil, nil
}

// fingerprint is all of a result that does not depend on the machine.
func fingerprint(r result.Result) []byte {
	r.WallSeconds, r.PeakMemoryBytes = 0, 0
	b, _ := json.Marshal(r) // a result can be written
	return b
}

// An outcome is the end of a run.
type outcome struct {
	result  result.Result
	failure *Failure
	err     error
}

// runOnce runs a scenario within the limits.
func runOnce(ctx context.Context, s scenario.Scenario, l Limits) (result.Result, *Failure, error) {
	wall := l.Wall
	if wall == 0 {
		wall = time.Minute
	}
	limited, cancel := context.WithTimeout(ctx, wall)
	defer cancel()
	var last result.Progress
	done := make(chan outcome, 1)
	go func() {
		done <- guarded(limited, s, func(ctx context.Context, s scenario.Scenario) (result.Result, error) {
			return virtual.Run(ctx, s, func(p result.Progress) { last = p })
		})
	}()
	select {
	case o := <-done:
		return o.settle(ctx, wall, last)
	case <-limited.Done():
	}
	select {
	case o := <-done:
		return o.settle(ctx, wall, last)
	case <-time.After(grace):
		return result.Result{}, &Failure{Kind: Hang, Text: fmt.Sprintf("the run is stuck in one event: it did not end within %v and cannot be stopped", wall)}, nil
	}
}

// settle tells the end of the caller's context from the end of the limits.
func (o outcome) settle(ctx context.Context, wall time.Duration, last result.Progress) (result.Result, *Failure, error) {
	switch {
	case ctx.Err() != nil:
		return o.result, nil, ctx.Err()
	case o.err != nil && !errors.Is(o.err, context.DeadlineExceeded):
		return o.result, &Failure{Kind: Panic, Text: o.err.Error()}, nil
	case o.err != nil:
		return o.result, &Failure{Kind: Hang, Text: fmt.Sprintf("the run took more than %v, and had come to %v of %v", wall, last.Virtual, last.Of)}, nil
	}
	return o.result, o.failure, nil
}

// guarded runs a scenario and catches a panic.
func guarded(ctx context.Context, s scenario.Scenario, run func(context.Context, scenario.Scenario) (result.Result, error)) (o outcome) {
	defer func() {
		if p := recover(); p != nil {
			stack := string(debug.Stack())
			o.failure = &Failure{Kind: Panic, Text: fmt.Sprintf("panic: %v, in %s", p, panicked(stack)), Stack: stack}
		}
	}()
	o.result, o.err = run(ctx, s)
	o.failure = judge(o.result)
	return o
}

// panicked returns the function that panicked: the first of the module's after the panic.
func panicked(stack string) string {
	_, after, _ := strings.Cut(stack, "\npanic(")
	for line := range strings.Lines(after) {
		if name, found := strings.CutPrefix(line, "github.com/signalmesh/signalmesh/"); found {
			if call := strings.LastIndexByte(name, '('); call > 0 {
				name = name[:call]
			}
			return strings.TrimSpace(name)
		}
	}
	return "a library"
}

// judge returns what is wrong with a result.
func judge(r result.Result) *Failure {
	if len(r.Broken) > 0 {
		return &Failure{Kind: Promise, Text: r.Broken[0], Also: r.Broken[1:]}
	}
	for _, c := range r.Checks {
		if !c.OK {
			return &Failure{Kind: Check, Text: fmt.Sprintf("%s: %.6g %s instead of %.6g", c.Name, c.Measured, c.Unit, c.Set)}
		}
	}
	if !r.Balances() {
		return &Failure{Kind: Check, Text: "the account of messages does not balance"}
	}
	return nil
}
