package stack

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
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
	os.Args = os.Args[:1] // package testing parses them
	gologshim.SetDefaultHandler(slog.DiscardHandler)
	// A bubble needs a test, and a test a program of tests. That is what testing.Main
	// is; it ends the process.
	testing.Main(func(string, string) (bool, error) { return true, nil },
		[]testing.InternalTest{{Name: "simulation", F: func(t *testing.T) { synctest.Test(t, func(*testing.T) { child(s) }) }}}, nil, nil)
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
