package swarm

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// long is a scenario that fails as long as it has a cut and two regions.
const long = `name: long
seed: 7
duration: 40s
regions:
- {name: a, nodes: 8}
- {name: b, nodes: 6}
- {name: c, nodes: 4}
applications:
- name: app1
  load:
  - {to: broadcast, rate: 100.5, size: 1000B..5000B}
  - {to: user, rate: 3}
faults:
- {at: 1.25s, do: kill, nodes: [3]}
- {at: 5s, for: 7.3s, do: cut, between: [a, b]}
- {at: 6s, do: kill, nodes: [17+18]}
`

func TestAScenarioIsShrunkToWhatFails(t *testing.T) {
	tried := 0
	s := Shrinker{try: func(text []byte) *Failure {
		tried++
		if f := string(text); strings.Contains(f, "cut") && strings.Contains(f, "name: b") {
			return &Failure{Kind: Promise, Text: "message 1 is lost"}
		}
		return nil
	}}
	text, failure := s.Shrink(t.Context(), []byte(long), &Failure{Kind: Promise, Text: "message 99 is lost"})
	assert.Equal(t, "message 1 is lost", failure.Text)
	assert.Equal(t, `name: long
seed: 7
regions:
- name: a
  nodes: 1
- name: b
  nodes: 1
faults:
- do: cut
  between:
  - a
  - b
`, string(text))
	assert.Less(t, tried, 500)
}

func TestAnotherFailureIsNotFollowed(t *testing.T) {
	s := Shrinker{try: func([]byte) *Failure { return &Failure{Kind: Promise, Text: "another"} }}
	text, failure := s.Shrink(t.Context(), []byte(long), &Failure{Kind: Promise, Text: "the first"})
	assert.Equal(t, long, string(text))
	assert.Equal(t, "the first", failure.Text)
}

func TestSelectorsFollowTheServers(t *testing.T) {
	for selector, want := range map[string]string{"3": "3", "7": "5", "2-9": "2-5", "6-9": "5", "1+7": "1", "a": "a", "all": "all", "4-5+9": "4-5"} {
		assert.Equal(t, want, fitSelector(selector, 5), selector)
	}
}

func TestATreeIsTheSameScenario(t *testing.T) {
	for seed := uint64(1); seed <= 50; seed++ {
		text, err := Draw(seed)
		require.NoError(t, err)
		tree, err := parseTree(text)
		require.NoError(t, err)
		again, err := tree.fitted().text()
		require.NoError(t, err)
		assert.Equal(t, string(text), string(again))
	}
}
