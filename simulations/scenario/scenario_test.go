package scenario

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEveryBuiltinScenarioIsCompleteAndAsksSomething(t *testing.T) {
	for _, name := range Names() {
		s, err := Builtin(name)
		require.NoError(t, err, name)
		assert.Equal(t, name, s.Name)
		assert.NotEmpty(t, s.Question, name)
	}
}

func TestAFaultInAFileHasItsLineAndARemedy(t *testing.T) {
	for text, want := range map[string][]string{
		"name: a\nregons: []\n":                                 {"a.yaml:2:", "regons", "did you mean regions?"},
		"name: a\nduration: 60\n":                               {"a.yaml:2:", "no duration", "250ms"},
		"name: a\nregions:\n  - {name: x, nodes: 0}\n":          {"a.yaml:3:", "add nodes: 3"},
		"name: a\nfaults:\n  - at: 5s\n    do: explode\n":       {"a.yaml:3:", "none of cut, degrade"},
		"name: a\nfaults:\n  - {at: 5s, do: kill, nodes: [99]}": {"a.yaml:3:", "not within the nodes 1-10"},
		"name: a\nnetwork: {loss: 200%}\n":                      {"a.yaml:2:", "no share"},
		"name: a\nlinks:\n  - {between: [lan, moon], loss: 1%}": {"a.yaml:3:", "no region \"moon\"", "lan"},
		"name: a\nname: b\n":                                    {"a.yaml:2:", "name"},
		"name: [\n":                                             {"a.yaml:1:"},
		"":                                                      {"a.yaml", "begin with name:"},
		"applications:\n  - name: c\n    load: [{to: group, rate: 1}]": {"a.yaml:3:", "groups: {count: 100}"},
	} {
		_, err := Parse("a.yaml", []byte(text))
		require.Error(t, err, text)
		for _, w := range want {
			assert.ErrorContains(t, err, w, text)
		}
	}
}

func TestValuesAreReadWithTheirUnits(t *testing.T) {
	s, err := Parse("a.yaml", []byte(`
network: {latency: 1ms..20ms, jitter: 2ms, loss: 0.5%, bandwidth: 100Mbit}
regions: [{name: a, nodes: 3, latency: 100us}, {name: b, nodes: 2}]
links: [{between: [a, b], latency: 30ms, bandwidth: 10Mbit}]
applications:
  - name: chat
    load: [{to: broadcast, rate: 2.5, size: 100..4KiB}]
`))
	require.NoError(t, err)
	assert.Equal(t, "a", s.Name)
	assert.Equal(t, Path{Range{100 * time.Microsecond, 100 * time.Microsecond}, 2 * time.Millisecond, 0.005, 0}, s.Path(0, 0))
	assert.Equal(t, Path{Range{30 * time.Millisecond, 30 * time.Millisecond}, 2 * time.Millisecond, 0.005, 10e6}, s.Path(1, 0))
	assert.Equal(t, Sizes{100, 4096}, s.Applications[0].Load[0].Size)
	nodes, err := s.Select("b+1")
	require.NoError(t, err)
	assert.Equal(t, []int{0, 3, 4}, nodes)
}
