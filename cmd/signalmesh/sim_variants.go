package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/signalmesh/signalmesh/simulations/scenario"
)

// maxScenarioFile bounds a scenario file, in bytes.
const maxScenarioFile = 64 << 10

// mostRuns bounds --runs.
const mostRuns = 100

// A simulated is one run that is going to be made.
type simulated struct {
	scenario.Variant
	command string // that runs it again
}

// groups reads the scenarios and applies the flags. Each group becomes one outcome: its runs
// differ in their seed only.
func (f *simFlags) groups(cmd *cobra.Command, args []string) ([][]simulated, error) {
	if f.runs < 1 || f.runs > mostRuns {
		return nil, fmt.Errorf("--runs: %d is not between 1 and %d", f.runs, mostRuns)
	}
	scenarios, err := readScenarios(args)
	if err != nil {
		return nil, err
	}
	var groups [][]simulated
	for i, s := range scenarios {
		s, command, err := f.apply(cmd, s, args[i])
		if err != nil {
			return nil, err
		}
		of, err := s.Variants(f.varied(cmd, s))
		if err != nil {
			return nil, fmt.Errorf("--vary: %w", err)
		}
		var group []simulated
		for _, v := range of {
			if len(args) > 1 {
				v.Label = strings.TrimSpace(v.Name + " " + v.Label)
			}
			if v.Key == "seed" { // they are runs of one scenario
				v.Label = strings.TrimSpace(strings.TrimSuffix(v.Label, "seed="+v.Value))
				group = append(group, f.seeded(v, command, 1)...)
				continue
			}
			again := command
			if v.Key != "" {
				again += " --" + v.Key + " " + quoted(v.Value)
			}
			groups = append(groups, f.seeded(v, again, f.runs))
		}
		if group != nil {
			groups = append(groups, group)
		}
	}
	return groups, nil
}

// apply changes a scenario as the flags say, and returns the command that runs it again, but
// for the seed.
func (f *simFlags) apply(cmd *cobra.Command, s scenario.Scenario, arg string) (scenario.Scenario, string, error) {
	command := "signalmesh sim run " + quoted(arg)
	var err error
	for _, k := range scenario.Keys {
		if !cmd.Flags().Changed(k.Name) {
			continue
		}
		if s, err = s.Set(k.Name, *f.settings[k.Name]); err != nil {
			return s, "", fmt.Errorf("--%w", err)
		}
		if k.Name != "seed" {
			command += " --" + k.Name + " " + quoted(*f.settings[k.Name])
		}
	}
	return s, command, nil
}

// varied is the setting that is varied, by the flag or else by the scenario.
func (f *simFlags) varied(cmd *cobra.Command, s scenario.Scenario) string {
	if f.vary != "" {
		return f.vary
	}
	if key, _, _ := strings.Cut(s.Vary, "="); key != "" && cmd.Flags().Changed(key) {
		return "" // the flag replaces it
	}
	return s.Vary
}

// seeded returns n runs of v, with its seed and the ones after it.
func (f *simFlags) seeded(v scenario.Variant, command string, n int) []simulated {
	if f.stack {
		command += " --stack"
	}
	var runs []simulated
	for i := range n {
		run := v
		run.Seed += uint64(i)
		runs = append(runs, simulated{run, fmt.Sprintf("%s --seed %d", command, run.Seed)})
	}
	return runs
}

// readScenarios reads what is going to be compared. A name that two of them have becomes
// that of the file, so that a reader can tell them apart.
func readScenarios(args []string) ([]scenario.Scenario, error) {
	var all []scenario.Scenario
	for i, arg := range args {
		if slices.Contains(args[:i], arg) {
			return nil, fmt.Errorf("%s is there twice; give two different scenarios, or one with --vary", arg)
		}
		s, err := readScenario(arg)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(all, func(o scenario.Scenario) bool { return o.Name == s.Name }) {
			s.Name = arg
		}
		all = append(all, s)
	}
	return all, nil
}

// plain is what every shell takes as it is.
var plain = regexp.MustCompile(`^[A-Za-z0-9_./%:=,@+-]+$`)

// quoted is a word of a command line, for a shell.
func quoted(word string) string {
	if plain.MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// readScenario reads a file, or takes one that comes with the program.
func readScenario(name string) (scenario.Scenario, error) {
	if ext := filepath.Ext(name); ext != ".yaml" && ext != ".yml" {
		return scenario.Builtin(name)
	}
	file, err := os.Open(name)
	if err != nil {
		return scenario.Scenario{}, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxScenarioFile+1))
	if err != nil {
		return scenario.Scenario{}, err
	}
	return scenario.Parse(name, text)
}
