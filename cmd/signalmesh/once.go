package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
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

// refuseRepeats makes it an error to give a flag of cmd or its commands twice, except
// flags that collect a list of values.
func refuseRepeats(cmd *cobra.Command) {
	for _, flags := range []*pflag.FlagSet{cmd.Flags(), cmd.PersistentFlags()} {
		flags.VisitAll(func(f *pflag.Flag) {
			if _, list := f.Value.(pflag.SliceValue); !list {
				f.Value = &onceValue{Value: f.Value, flag: f.Name}
			}
		})
	}
	for _, c := range cmd.Commands() {
		refuseRepeats(c)
	}
}

// flagError returns an error of reading the flags as a usageError, without the words
// that pflag adds to a twiceError.
func flagError(_ *cobra.Command, err error) error {
	var twice twiceError
	if errors.As(err, &twice) {
		return usageError{twice}
	}
	return usageError{err}
}
