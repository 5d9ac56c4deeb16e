package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/pflag"

	"github.com/signalmesh/signalmesh/node"
)

// further returns the values of all flags, for the table of settings. Node shows most of
// them itself, and those are left out there.
func (f *nodeFlags) further(origins map[string]string) (rows []node.Setting) {
	f.flags.VisitAll(func(flag *pflag.Flag) {
		if flag.Name == "help" || flag.Name == "print-config" {
			return
		}
		value := flag.Value.String()
		switch list, ok := flag.Value.(pflag.SliceValue); {
		case ok:
			value = strings.Join(list.GetSlice(), ", ")
		case strings.Contains(flag.Name, "password") && !strings.HasSuffix(flag.Name, "-file") && value != "":
			value = "[hidden]"
		}
		rows = append(rows, node.Setting{Name: flag.Name, Value: value, Origin: origins[flag.Name]})
	})
	return rows
}

// servesNothing returns a warning if the node has nothing for clients; "" otherwise.
func servesNothing(o node.Options) string {
	if len(o.Hubs) > 0 || o.Redis != "" || len(o.RedisFor) > 0 {
		return ""
	}
	return "this node serves no hub and no Redis endpoint: give --hub or --redis. No change is needed if it is only a seed for other servers"
}

// print writes every setting and where it came from.
func (f *nodeFlags) print(o node.Options, stdout io.Writer, out lines) error {
	settings, err := node.Resolve(o)
	if err != nil {
		return withRemedy(err)
	}
	if text := servesNothing(o); text != "" {
		out.problem(true, text)
	}
	for _, p := range settings.Problems {
		out.problem(p.Severity.String() == "warning", p.Error())
	}
	_, err = fmt.Fprint(stdout, settings)
	return err
}

// withRemedy adds the flags that help, which package node does not know.
func withRemedy(err error) error {
	if errors.Is(err, node.ErrNoName) {
		return fmt.Errorf("give --cache and --app, for example --cache demo --app chat: %w", err)
	}
	return err
}
