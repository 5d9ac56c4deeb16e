package stack

import (
	"encoding/json"
	"fmt"
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
	os.Args = os.Args[:1] // package testing parses them
	gologshim.SetDefaultHandler(slog.DiscardHandler)
	// A bubble needs a test, and a test a program of tests. That is what testing.Main
	// is; it ends the process.
	testing.Main(func(string, string) (bool, error) { return true, nil },
		[]testing.InternalTest{{Name: "simulation", F: func(t *testing.T) { synctest.Test(t, child) }}}, nil, nil)
}

// child reads a scenario, runs it, and ends the process.
func child(*testing.T) {
	out := json.NewEncoder(os.Stdout)
	tell := func(l line) {
		if out.Encode(l) != nil {
			os.Exit(1) // nobody listens any more
		}
	}
	var s scenario.Scenario
	err := json.NewDecoder(os.Stdin).Decode(&s)
	if err != nil {
		tell(line{Error: fmt.Sprintf("read the scenario: %v", err)})
		os.Exit(1)
	}
	r, err := simulate(s, func(p result.Progress) { tell(line{Progress: &p}) })
	if err != nil {
		tell(line{Error: err.Error()})
		os.Exit(1)
	}
	tell(line{Result: &r})
	os.Exit(0)
}
