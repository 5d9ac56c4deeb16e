package main

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/signalmesh/signalmesh/node"
)

// variablePrefix begins the names of the variables that are read in place of flags.
const variablePrefix = "SIGNALMESH_"

// twin returns the name of the variable of a flag.
func twin(flag string) string {
	return variablePrefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// variables returns the environment variables by name. Empty ones count as not set, as
// Compose files and manifests write them.
func variables(environ []string) map[string]string {
	values := map[string]string{}
	for _, e := range environ {
		if name, value, _ := strings.Cut(e, "="); strings.TrimSpace(value) != "" {
			values[name] = value
		}
	}
	return values
}

// fromEnvironment sets every flag that was not given from its SIGNALMESH_… twin,
// and notes in o where each value came from. Values of a flag that may be repeated
// are separated by commas there.
func fromEnvironment(flags *pflag.FlagSet, environ []string, o *node.Options) (err error) {
	values := variables(environ)
	o.Origins = map[string]string{}
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Changed {
			o.Origins[f.Name] = "--" + f.Name
			return
		}
		value, ok := values[twin(f.Name)]
		if !ok {
			o.Origins[f.Name] = "default"
			return
		}
		o.Origins[f.Name] = "environment variable " + twin(f.Name)
		if setErr := f.Value.Set(value); setErr != nil && err == nil {
			err = usageError{fmt.Errorf("environment variable %s: %w", twin(f.Name), setErr)}
		}
	})
	return err
}

// serviceVariable matches variables that Kubernetes sets in every pod for a Service whose
// name begins with signalmesh.
var serviceVariable = regexp.MustCompile(`^SIGNALMESH_(?:[A-Z0-9]+_)*(?:SERVICE_HOST|SERVICE_PORT(?:_[A-Z0-9_]+)?|PORT(?:_[0-9]+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)?)$`)

// readers are the commands that read the twins of their flags.
var readers = []string{"node", "status", "healthcheck", "drain", "forget"}

// unknownVariables returns a text for each variable with the prefix SIGNALMESH_ that no
// command reads.
func unknownVariables(cmd *cobra.Command, environ []string) (texts []string) {
	var known []string
	for _, c := range append(cmd.Root().Commands(), cmd) {
		if slices.Contains(readers, c.Name()) {
			c.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, twin(f.Name)) })
		}
	}
	values := variables(environ)
	for _, name := range slices.Sorted(maps.Keys(values)) {
		upper := strings.ToUpper(name)
		if !strings.HasPrefix(upper, variablePrefix) || slices.Contains(known, name) || serviceVariable.MatchString(name) {
			continue
		}
		text := fmt.Sprintf("environment variable %s is not a setting; it is ignored", name)
		// Without the prefix, which all have in common.
		var short []string
		for _, k := range known {
			short = append(short, strings.TrimPrefix(k, variablePrefix))
		}
		if nearest := node.ClosestName(upper[len(variablePrefix):], short); nearest != "" {
			text += "; did you mean " + variablePrefix + nearest + "?"
		}
		texts = append(texts, text)
	}
	return texts
}
