package scenario

import (
	"embed"
	"fmt"
	"strings"
)

//go:embed builtin/*.yaml
var files embed.FS

// builtin are the names of the scenarios that come with the program, in the order
// of "signalmesh sim list".
var builtin = []string{
	"steady", "burst", "partition-heal", "asymmetric-link", "rolling-restart", "flash-join",
	"churn", "lossy-wan", "slow-node", "group-heavy", "sizes",
}

// Names are the names of the scenarios that come with the program.
func Names() []string { return append([]string(nil), builtin...) }

// Text is the file of a scenario that comes with the program.
func Text(name string) ([]byte, error) {
	b, err := files.ReadFile("builtin/" + name + ".yaml")
	if err != nil {
		return nil, fmt.Errorf("there is no scenario %q; the ones that come with the program are %s, and a file's name ends in .yaml", name, strings.Join(builtin, ", "))
	}
	return b, nil
}

// Builtin returns a scenario that comes with the program.
func Builtin(name string) (Scenario, error) {
	b, err := Text(name)
	if err != nil {
		return Scenario{}, err
	}
	return Parse(name+".yaml", b)
}
