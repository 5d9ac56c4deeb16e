package scenario

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What a first-time user gets wrong: each is told with its place and what to write.
func TestAMistakeIsToldWithItsPlaceAndRemedy(t *testing.T) {
	const load = "applications:\n  - name: c\n    load:\n      - "
	for text, want := range map[string]string{
		"durration: 10s": `x.yaml:1: there is no key "durration" here; did you mean duration?`,
		"colour: red":    "x.yaml:1: there is no key \"colour\" here; the keys are name, question",
		"regions:\n  - name: a\n    nodes: three": `x.yaml:3: regions[0].nodes: "three" is no whole number`,
		"mesh: {degree: 4.5}":                     `x.yaml:1: mesh.degree: "4.5" is no whole number`,
		"mesh: {degree: 0}":                       "x.yaml:1: mesh.degree: 0 would count as not written",
		"drain: 0s":                               "x.yaml:1: drain: 0s would count as not written",
		"mesh: {flood_publish: maybe}":            "x.yaml:1: mesh.flood_publish: \"maybe\" is neither true nor false",
		"seed: -1":                                `x.yaml:1: seed: "-1" is no whole number`,
		"regions: {name: a, nodes: 3}":            "x.yaml:1: regions: a list belongs here, not keys; write [ ] around it",
		"faults:\n  - {do: kill, nodes: all}":     `x.yaml:2: faults[0].nodes: a list belongs here, not "all"`,
		"name: [a]":                               "x.yaml:1: name: one value belongs here, not a list",
		"just words":                              `x.yaml:1: keys belong here, not "just words"`,
		"name: !!str a":                           "x.yaml:1: name: a scenario file takes no tags; take !!str out",
		"regions:\n\t- {name: a, nodes: 3}":       "indent with spaces",
		"regions:\n  - {name: a, nodes: 3":        "x.yaml:2: could not find flow mapping end token '}'; close what is open there",
		"name: a\n---\nname: b":                   "x.yaml:2: a second document begins; write a file for each",
		"name: a\nname: b":                        "x.yaml:2:",
		load + "{to: broadcast, rate: 5/s}":       `x.yaml:4: applications[0].load[0].rate: "5/s" is no number; write one without a unit`,
		load + "{to: broadcast, rate: .inf}":      "x.yaml:4: applications[0].load[0].rate: \".inf\" is no number",
		load + "{to: broadcast, rate: 5}\nname: a\nnetwork: {loss: 5}":                                              `x.yaml:6: network.loss: "5" is no share`,
		load + "{to: broadcast, rate: 5, at: 2m}":                                                                   "x.yaml:4: applications[0].load[0].at: it begins at 2m0s, when the load is over",
		"applications:\n  - {name: c}\n  - {name: c}":                                                               "x.yaml:3: applications[1].name: an earlier application is called",
		"applications:\n  - {name: c, groups: {servers: -2}}":                                                       "-2 servers cannot have a group",
		"links:\n  - {between: [lan, lan]}":                                                                         "x.yaml:2: links[0].between: paths within \"lan\" are that region's",
		"regions: [{name: a, nodes: 2}, {name: b, nodes: 2}]\nlinks:\n  - {between: [a, b]}\n  - {between: [b, a]}": "x.yaml:4: links[1].between: an earlier link has these two regions",
		"faults:\n  - {do: kil, nodes: [1]}":                                                                        "did you mean kill?",
		"faults:\n  - {do: kill, nodes: [1], for: 5s}":                                                              "x.yaml:2: faults[0]: kill has no for; take it out",
		"faults:\n  - {do: slow, nodes: [1], bandwidth: 1Mbit, loss: 1%}":                                           "slow has no loss",
		"faults:\n  - {do: cut, between: [1, 1]}":                                                                   "there is no path from node 1 to itself",
		"faults:\n  - {do: partition, groups: [1-5, 4-10]}":                                                         "x.yaml:2: faults[0].groups: node 4 is in both 1-5 and 4-10",
		"faults:\n  - {do: degrade, nodes: [1], between: [1, 2], loss: 1%}":                                         "take nodes: or between: out",
		"vary: colour=1,2": `x.yaml:1: vary: "colour" is no setting`,
		"vary: nodes=3,3":  "x.yaml:1: vary: nodes=3 is there twice",
		"applications: [{name: c, nodes: [1-5]}]\nfaults:\n  - {do: join, count: 2}": "x.yaml:3: faults[0]: no application runs on nodes that join there",
	} {
		_, err := Parse("x.yaml", []byte(text))
		assert.ErrorContains(t, err, want, text)
	}
}

func TestEveryMistakeIsToldAtOnce(t *testing.T) {
	_, err := Parse("x.yaml", []byte("duration: 60\nsead: 1\nregions:\n  - {name: a, nodes: x}\n"))
	require.Error(t, err)
	assert.Len(t, strings.Split(err.Error(), "\n"), 3)
}

func TestNodesThatJoinRunWhatTheirRegionRuns(t *testing.T) {
	s, err := Parse("x.yaml", []byte(`
regions: [{name: a, nodes: 3}, {name: b, nodes: 2}]
applications:
  - {name: all}
  - {name: named, nodes: [all]}
  - {name: there, nodes: [1+b]}
  - {name: elsewhere, nodes: [a]}
faults: [{do: join, count: 2, region: b}]
`))
	require.NoError(t, err)
	for i, want := range [][]int{{0, 1, 2, 3, 4, 5, 6}, {0, 1, 2, 3, 4, 5, 6}, {0, 3, 4, 5, 6}, {0, 1, 2}} {
		assert.Equal(t, want, s.Members(s.Applications[i]), s.Applications[i].Name)
	}
}
