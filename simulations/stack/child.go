package stack

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime/debug"
	"testing"
	"testing/synctest"

	"github.com/libp2p/go-libp2p/gologshim"

	"github.com/signalmesh/signalmesh/simulations/result"
	"github.com/signalmesh/signalmesh/simulations/scenario"
)

// Child runs the simulation and ends the process if Run started it; otherwise it does
// nothing. It belongs at the beginning of main, before flags are parsed.
func Child() {
	if os.Getenv(childEnv) == "" {
		return
	}
	in := json.NewDecoder(os.Stdin)
	var s scenario.Scenario
	if err := in.Decode(&s); err != nil {
		fmt.Fprintf(os.Stderr, "read the scenario: %v\n", err)
		os.Exit(1)
	}
	go func() { // its input ends with the parent, however that ends
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(1)
	}()
	debug.SetGCPercent(garbage(&s))
	os.Args = os.Args[:1] // package testing parses them
	gologshim.SetDefaultHandler(slog.DiscardHandler)
	// A bubble needs a test, and a test a program of tests. That is what testing.Main
	// is; it ends the process.
	testing.Main(func(string, string) (bool, error) { return true, nil },
		[]testing.InternalTest{{Name: "simulation", F: func(t *testing.T) { synctest.Test(t, func(*testing.T) { child(s) }) }}}, nil, nil)
}

// garbage is how much of it is let grow before it is collected, in percent of what is
// in use. A small mesh has little in use, and looking through that costs as much as
// a tenth of the rest; a large one needs the memory.
func garbage(s *scenario.Scenario) int {
	const small = 60 // nodes, which are up to 1,770 connections
	if s.Nodes()+len(s.Joins()) <= small {
		return 400
	}
	return 100
}

// child runs a scenario and ends the process.
func child(s scenario.Scenario) {
	out := json.NewEncoder(os.Stdout)
	tell := func(l line) {
		if out.Encode(l) != nil {
			os.Exit(1) // nobody listens any more
		}
	}
	r, err := simulate(s, func(p result.Progress) { tell(line{Progress: &p}) })
	if err != nil {
		tell(line{Error: err.Error()})
		os.Exit(1)
	}
	tell(line{Result: &r})
	os.Exit(0)
}
