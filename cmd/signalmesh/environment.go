package main

import (
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"github.com/signalmesh/signalmesh/node"
)

// fromEnvironment sets every flag that was not given from its SIGNALMESH_… twin,
// and notes in o where each value came from. Values of a flag that may be repeated
// are separated by commas there.
func fromEnvironment(flags *pflag.FlagSet, environ []string, o *node.Options) (err error) {
	values := map[string]string{}
	for _, e := range environ {
		name, value, _ := strings.Cut(e, "=")
		values[name] = value
	}
	o.Origins = map[string]string{}
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Changed {
			o.Origins[f.Name] = "--" + f.Name
			return
		}
		twin := "SIGNALMESH_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		value, ok := values[twin]
		if !ok {
			o.Origins[f.Name] = "default"
			return
		}
		o.Origins[f.Name] = "environment variable " + twin
		for _, v := range split(f.Value, value) {
			if setErr := f.Value.Set(v); setErr != nil && err == nil {
				err = usageError{fmt.Errorf("environment variable %s=%q: %w", twin, value, setErr)}
			}
		}
	})
	return err
}

func split(v pflag.Value, text string) []string {
	if _, repeated := v.(pflag.SliceValue); repeated {
		return strings.Split(text, ",")
	}
	return []string{text}
}
