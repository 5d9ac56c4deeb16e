package measure

import (
	"embed"
	"fmt"
	"path"
	"strings"

	"github.com/signalmesh/signalmesh/simulations/scenario"
)

//go:embed cases/*.yaml
var files embed.FS

// A Case is a scenario and the figures of it that are compared.
type Case struct {
	scenario.Scenario
	Figures []Figure
}

// cases are the scenarios in the order of the table.
var cases = []struct {
	name    string
	figures []Figure
}{
	{"regions", []Figure{P50, P99, Loaded, Idle, Join}},
	{"regions-loss", []Figure{P50, P99, Loaded, Idle}},
	{"lan", []Figure{P50, P99, Loaded, Idle, Join}},
	{"cut", []Figure{Heal}},
	{"kill", []Figure{Suspect, Detect}},
	{"freeze", []Figure{Suspect, Detect, Heal}},
	{"power-loss", []Figure{Suspect, Detect}},
}

// Names are the names of all cases.
func Names() (names []string) {
	for _, c := range cases {
		names = append(names, c.name)
	}
	return names
}

// Named returns the case of a name, with a seed.
func Named(name string, seed uint64) (Case, error) {
	for _, c := range cases {
		if c.name != name {
			continue
		}
		file := path.Join("cases", name+".yaml")
		text, err := files.ReadFile(file)
		if err != nil {
			return Case{}, err
		}
		s, err := scenario.Parse(name+".yaml", text)
		if err != nil {
			return Case{}, err
		}
		s.Seed = seed
		s, err = s.Complete()
		return Case{s, c.figures}, err
	}
	return Case{}, fmt.Errorf("there is no case %q; the cases are %s", name, strings.Join(Names(), ", "))
}
