package scenario

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAByteOrderMarkIsSkipped(t *testing.T) {
	s, err := Parse("bom.yaml", []byte("\ufeffname: byte-order-mark\nduration: 5s\n"))
	require.NoError(t, err)
	assert.Equal(t, "byte-order-mark", s.Name)
	_, err = Parse("bom.yaml", []byte("name: a\n\ufeffduration: 5s\n"))
	assert.Error(t, err, "a mark is skipped at the beginning only")
}

func TestADurationOfNothingIsRefusedByItsFlagToo(t *testing.T) {
	s, err := Builtin("steady")
	require.NoError(t, err)
	for _, key := range []string{"duration", "replay"} {
		_, err := s.Set(key, "0s")
		assert.ErrorContains(t, err, "is not above 0", key)
	}
}

func TestMembersOfAGroupBecomeServers(t *testing.T) {
	s, err := Parse("a.yaml", []byte("regions: [{name: lan, nodes: 20}]\napplications:\n  - {name: a, clients: 20000, groups: {count: 10, members: 50}}\n"))
	require.NoError(t, err)
	assert.InDelta(t, 18.46, s.Applications[0].Groups.ServersOf(20, 1), 0.01, "50 members at random on 20 servers")
	assert.InDelta(t, 1, s.Applications[0].Groups.ServersOf(20, 1.0/50), 1e-9)
	_, err = Parse("a.yaml", []byte("applications:\n  - {name: a, groups: {count: 10, members: 50, servers: 3}}\n"))
	assert.ErrorContains(t, err, "write one of them")
	s, err = Parse("a.yaml", []byte("applications:\n  - {name: a, groups: {count: 10}}\n"))
	require.NoError(t, err)
	assert.InDelta(t, 3, s.Applications[0].Groups.ServersOf(20, 1), 0)
}

func TestExpectationsAreReadWithTheirUnits(t *testing.T) {
	s, err := Parse("a.yaml", []byte("expect: {p99: 50ms, delivered: 99.9%, bytes: 64KiB, utilisation: 0.8}\n"))
	require.NoError(t, err)
	assert.InDelta(t, 0.999, float64(s.Expect.Delivered), 1e-9)
	s.Expect.Delivered = 0
	assert.Equal(t, Expect{P99: Duration(50 * 1e6), Bytes: 64 << 10, Utilisation: 0.8}, s.Expect)
	for text, want := range map[string]string{
		"expect: {p99: 0s}":         "would count as not written",
		"expect: {p98: 5ms}":        "did you mean p99?",
		"expect: {delivered: 101%}": "is no share",
		"expect: {detect: 5s}":      "no fault makes a server unreachable",
		"expect: {heal: 5s}":        "no fault ends",
	} {
		_, err := Parse("a.yaml", []byte(text))
		assert.ErrorContains(t, err, want, text)
	}
}
