// Command planted measures how long the swarm takes to find faults that are planted in
// package mesh/core, one at a time. "make swarm-planted" runs it.
//
// The faults are the patches in testdata. Each is applied to a copy of the files that it
// changes. The go command builds a hunter with the copies in place of the originals, so
// that nothing of a fault is in the module. The exit code is 1 if a fault was not found.
//
// A failure counts only if the scenario passes without the fault.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/signalmesh/signalmesh/simulations/swarm"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "planted:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	seed := flag.Uint64("seed", rand.Uint64N(1<<40), "the first `seed`")
	limit := flag.Duration("for", 10*time.Minute, "the longest `time` for each fault")
	workers := flag.Int("workers", runtime.GOMAXPROCS(0), "how many `scenarios` run at a time")
	match := flag.String("run", "", "only faults whose names contain this `text`")
	hunter := flag.Bool("hunt", false, "hunt only, and write the seed and text of the first failure as JSON")
	flag.Parse()
	if *hunter {
		return hunt(ctx, *seed, *limit, *workers)
	}
	patches, err := filepath.Glob("simulations/swarm/planted/testdata/*.patch")
	if err != nil || len(patches) == 0 {
		return errors.New("there are no patches; run the command in the root of the module")
	}
	fmt.Printf("seed %d, %d workers\n", *seed, *workers)
	missed := 0
	for _, patch := range patches {
		name := strings.TrimSuffix(filepath.Base(patch), ".patch")
		if !strings.Contains(name, *match) {
			continue
		}
		f := fault{name: name, patch: patch, seed: *seed, limit: *limit, workers: *workers}
		text, err := f.find(ctx)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		fmt.Println(text)
		if !f.found {
			missed++
		}
	}
	if missed > 0 {
		return fmt.Errorf("%d faults were not found", missed)
	}
	return nil
}

// A found is the output of a hunter.
type found struct {
	Seed uint64
	Runs uint64
	Text string // empty: nothing was found
}

// hunt writes the first failure.
func hunt(ctx context.Context, seed uint64, limit time.Duration, workers int) error {
	var first found
	sum, err := swarm.Hunt(ctx, swarm.Options{Seed: seed, For: limit, Workers: workers, Found: func(f swarm.Finding) {
		first.Seed, first.Text = f.Seed, f.Failure.Error()
	}})
	if err != nil {
		return err
	}
	first.Runs = sum.Runs
	return json.NewEncoder(os.Stdout).Encode(first)
}

// A fault is one that is planted.
type fault struct {
	name, patch string
	seed        uint64
	limit       time.Duration
	workers     int
	found       bool
}

// find hunts for the fault and returns a line of the report.
func (f *fault) find(ctx context.Context) (string, error) {
	dir, err := os.MkdirTemp("", "planted-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	hunter, err := build(ctx, dir, f.patch)
	if err != nil {
		return "", err
	}
	runs, seed := uint64(0), f.seed
	for began := time.Now(); time.Since(began) < f.limit; {
		left := f.limit - time.Since(began)
		cmd := exec.CommandContext(ctx, hunter, "-hunt", "-seed", fmt.Sprint(seed), "-for", left.String(), "-workers", fmt.Sprint(f.workers))
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		if err != nil {
			return "", err
		}
		var r found
		if err := json.Unmarshal(out, &r); err != nil {
			return "", err
		}
		if runs += r.Runs; r.Text == "" {
			break
		}
		sound, err := passes(ctx, r.Seed)
		if err != nil {
			return "", err
		}
		if sound {
			f.found = true
			return fmt.Sprintf("%-24s found in %6.1f s, run %5d: %s", f.name, time.Since(began).Seconds(), runs, r.Text), nil
		}
		seed = r.Seed + 1
	}
	return fmt.Sprintf("%-24s NOT FOUND in %v, %d runs", f.name, f.limit, runs), nil
}

// passes reports whether a scenario passes without the fault.
func passes(ctx context.Context, seed uint64) (bool, error) {
	text, err := swarm.Draw(seed)
	if err != nil {
		return false, err
	}
	failure, err := swarm.Try(ctx, text, swarm.Limits{})
	return failure == nil, err
}
