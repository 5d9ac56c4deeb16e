package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/signalmesh/signalmesh/node"
)

// A onceValue is the value of a flag that may be given once. The second one on a
// command line would silently replace the first otherwise.
type onceValue struct {
	pflag.Value
	flag string
	set  bool
}

// Set returns a twiceError if it was called before.
func (v *onceValue) Set(text string) error {
	if v.set {
		return twiceError{v.flag}
	}
	v.set = true
	return v.Value.Set(text)
}

// A twiceError is a flag that was given twice and takes one value.
type twiceError struct{ flag string }

func (e twiceError) Error() string {
	return fmt.Sprintf("--%s is given twice; it takes one value, remove one of them", e.flag)
}

// prepareFlags makes the flags of cmd and its commands take what people write, and makes
// it an error to give one twice, except flags that collect a list of values.
func prepareFlags(cmd *cobra.Command) {
	for _, flags := range []*pflag.FlagSet{cmd.Flags(), cmd.PersistentFlags()} {
		flags.VisitAll(func(f *pflag.Flag) {
			f.Value = readable(f.Value)
			f.DefValue = f.Value.String()
			if f.DefValue == "[]" {
				f.DefValue = "" // the help shows no default then
			}
			if _, list := f.Value.(pflag.SliceValue); !list {
				f.Value = &onceValue{Value: f.Value, flag: f.Name}
			}
		})
	}
	for _, c := range cmd.Commands() {
		prepareFlags(c)
	}
}

// flagError returns an error of reading the flags as a usageError, in plain words.
func flagError(cmd *cobra.Command, err error) error {
	var twice twiceError
	var invalid *pflag.InvalidValueError
	var unknown *pflag.NotExistError
	switch {
	case errors.As(err, &twice):
		return usageError{twice}
	case errors.As(err, &invalid):
		return usageError{fmt.Errorf("--%s: %w", invalid.GetFlag().Name, errors.Unwrap(err))}
	case errors.As(err, &unknown):
		name := unknown.GetSpecifiedName()
		if letters := unknown.GetSpecifiedShortnames(); letters != "" { // -http
			name, _, _ = strings.Cut(letters, "=")
		}
		var known []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, f.Name) })
		if nearest := node.ClosestName(name, known); nearest != "" {
			return usageError{fmt.Errorf("%w; did you mean --%s?", err, nearest)}
		}
	}
	return usageError{err}
}

// unknownCommand returns the error of a word that is not a command of cmd.
func unknownCommand(cmd *cobra.Command, word string) error {
	var known []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			known = append(known, c.Name())
		}
	}
	text := fmt.Sprintf("there is no command %q", word)
	if cmd.HasParent() {
		text = fmt.Sprintf("%s has no command %q", cmd.Name(), word)
	}
	if nearest := node.ClosestName(word, known); nearest != "" {
		return usageError{fmt.Errorf("%s; did you mean %q?", text, nearest)}
	}
	return usageError{fmt.Errorf("%s; the commands are %s", text, strings.Join(known, ", "))}
}
