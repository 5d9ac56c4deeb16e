package scenario

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// What once took the parser or the checks seconds to hours is refused at sight.
func TestAFileThatWouldTakeForEverIsRefused(t *testing.T) {
	many := func(n int, entry string) string { return strings.Repeat(" - "+entry+"\n", n) }
	for text, want := range map[string]string{
		"faults: [" + strings.Repeat("{},", 5000) + "{}]":                                        "x.yaml:1: a line of 15012 bytes",
		strings.Repeat("- ", 30_000):                                                             "x.yaml:1: a line",
		strings.Repeat("a: ", 20_000):                                                            "x.yaml:1: a line",
		"\n" + strings.Repeat("[", 60):                                                           "x.yaml:2: more than 32 brackets",
		strings.Repeat("[\n", 60):                                                                "x.yaml:33: more than 32 brackets",
		strings.Repeat("#\n", 30_000):                                                            "x.yaml:2001: more than 2000 lines",
		"faults:\n" + many(1001, "{do: kill}"):                                                   "x.yaml:2: faults: 1001 entries are more than 1000",
		"regions:\n" + many(201, "{name: a, nodes: 1}"):                                          "regions: 201 entries are more than 200",
		"regions:\n" + many(1, "{name: a, nodes: 20001}"):                                        "20001 nodes",
		"faults:\n" + many(2, "{at: 1s, do: join, count: 19999}"):                                "40008 nodes, with those that join",
		"faults:\n" + many(3, "{at: 1s, do: kill, nodes: ["+strings.Repeat("all+", 900)+"all]}"): "2704 selectors",
		"links: &a\n" + many(1, "{between: [a, b]}") + "faults: *a\n":                            "x.yaml:3: a scenario file takes no aliases",
		"duration: " + strings.Repeat("1h", 1500):                                                "is no duration",
		"drain: 25h": "drain: 25h0m0s is more than 24h",
		"faults:\n" + many(1, "{at: 1s, do: churn, every: 1ns}"): "every: 1ns is too short",
	} {
		_, err := Parse("x.yaml", []byte(text))
		assert.ErrorContains(t, err, want)
		assert.Less(t, len(err.Error()), 2000, "%.40s", text)
	}
}

// At the bounds, what is left must still be quick. The limit is generous, for slow machines.
func TestAFileAtTheBoundsIsReadInTime(t *testing.T) {
	for _, text := range []string{
		"faults:\n" + strings.Repeat(" - {do: x}\n", 999),
		"regions:\n" + strings.Repeat(" - {}\n", 200),
		"regions:\n - {name: a, nodes: 4000}\napplications:\n - name: a\n   load:\n" + strings.Repeat("    - {to: broadcast, rate: 1, publishers: [all]}\n", 200),
		strings.Repeat("- ", maxLine/2),
		strings.Repeat(strings.Repeat("- ", 30)+"\n", 1000),
	} {
		begun := time.Now()
		_, _ = Parse("x.yaml", []byte(text))
		assert.Less(t, time.Since(begun), 10*time.Second, "%.40s", text)
	}
}
