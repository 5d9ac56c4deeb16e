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

// variants reads the scenarios and applies the flags. commands are what runs each of
// them again.
func (f *simFlags) variants(cmd *cobra.Command, args []string) (variants []scenario.Variant, commands []string, err error) {
	scenarios, err := readScenarios(args)
	if err != nil {
		return nil, nil, err
	}
	for i, s := range scenarios {
		command := "signalmesh sim run " + quoted(args[i])
		for _, k := range scenario.Keys {
			if !cmd.Flags().Changed(k.Name) {
				continue
			}
			if s, err = s.Set(k.Name, *f.settings[k.Name]); err != nil {
				return nil, nil, fmt.Errorf("--%w", err)
			}
			command += " --" + k.Name + " " + quoted(*f.settings[k.Name])
		}
		if !cmd.Flags().Changed("seed") {
			command += fmt.Sprintf(" --seed %d", s.Seed)
		}
		if f.stack {
			command += " --stack"
		}
		vary := s.Vary
		if f.vary != "" {
			vary = f.vary
		} else if key, _, _ := strings.Cut(vary, "="); key != "" && cmd.Flags().Changed(key) {
			vary = "" // the flag says which
		}
		of, err := s.Variants(vary)
		if err != nil {
			return nil, nil, fmt.Errorf("--vary: %w", err)
		}
		for _, v := range of {
			again := command
			if v.Key != "" {
				again += " --" + v.Key + " " + quoted(v.Value)
			}
			if len(args) > 1 {
				v.Label = strings.TrimSpace(v.Name + " " + v.Label)
			}
			variants, commands = append(variants, v), append(commands, again)
		}
	}
	return variants, commands, nil
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
