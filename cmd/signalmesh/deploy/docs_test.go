//go:build linux

package main

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// An example is a server in the manual. Its methods are those of a server.
type example struct{ name, host string }

func (e example) Name() string      { return e.name }
func (e example) HTTP() string      { return e.host + ":5001" }
func (e example) AdminPort() string { return "9810" }

var examples = []example{{"web-1", "192.0.2.11"}, {"web-2", "192.0.2.12"}, {"web-3", "192.0.2.13"}}

func read(t *testing.T, name string) string {
	data, err := os.ReadFile("../../../docs/" + name)
	require.NoError(t, err)
	return string(data)
}

func TestTheManualHasTheConfigurationsThatRun(t *testing.T) {
	manual := read(t, "load-balancers.md")
	for _, k := range kinds {
		listen := map[string]string{"haproxy": ":80", "nginx": "80"}[k.program]
		text, err := k.configure(listen, examples)
		require.NoError(t, err)
		text = "```\n" + strings.TrimSpace(text) + "\n```\n"
		assert.True(t, strings.Contains(manual, text), "docs/load-balancers.md does not have the configuration of %s as it runs, which is\n%s", k.name, text)
	}
}

func TestTheManualHasAPlaceForTheTableAndDescribesEveryAction(t *testing.T) {
	manual := read(t, "reliability.md")
	for _, line := range []string{tableBegin, tableEnd} {
		assert.True(t, strings.Contains(manual, line), "docs/reliability.md does not have the line %s", line)
	}
	for _, a := range actions {
		line := "* **" + a.name + ".** " + a.story + "\n"
		assert.True(t, strings.Contains(manual, line), "docs/reliability.md does not have the line %s", line)
	}
}
