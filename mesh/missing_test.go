package mesh

import (
	"testing"
	"time"

	"github.com/multiformats/go-multiaddr"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// openNamed opens a mesh of that name, and its topic.
func openNamed(t *testing.T, name string, change ...func(*Options)) (*Topic, *journal) {
	m, log := openAs(t, "hub", append(change, func(o *Options) { o.Name = name })...)
	topic, err := m.Join("chat")
	require.NoError(t, err)
	return topic, log
}

// crash ends a mesh without a goodbye, as the end of its process does.
func crash(t *testing.T, topic *Topic) {
	require.NoError(t, topic.mesh.host.Close())
}

// awaitCondition waits until the condition of a topic is right.
func awaitCondition(t *testing.T, topic *Topic, what string, right func(Condition) bool) Condition {
	t.Helper()
	require.Eventually(t, func() bool { return right(topic.Condition()) }, 20*time.Second, 5*time.Millisecond, what)
	return topic.Condition()
}

func dialTopic(t *testing.T, from, to *Topic) {
	_, err := from.mesh.Dial(t.Context(), to.mesh.Addrs()[0])
	require.NoError(t, err)
}

func TestAServerThatFailedIsMissing(t *testing.T) {
	registry := prometheus.NewRegistry()
	a, log := openNamed(t, "web-1", func(o *Options) { o.Metrics = registry })
	b, _ := openNamed(t, "web-2")
	c, _ := openNamed(t, "web-3")
	dialTopic(t, b, a)
	dialTopic(t, c, a)
	awaitCondition(t, a, "three servers", func(c Condition) bool { return c.Health == Healthy && c.Servers == 2 })
	crash(t, b)
	missing := awaitCondition(t, a, "one is missing", func(c Condition) bool { return len(c.Missing) == 1 })
	assert.Equal(t, Degraded, missing.Health)
	assert.Equal(t, 1, missing.MissingServers())
	assert.Equal(t, "web-2", missing.Missing[0].Name)
	assert.Equal(t, b.Self(), missing.Missing[0].Peer)
	assert.WithinDuration(t, time.Now(), missing.Missing[0].Since, 20*time.Second)
	assert.Contains(t, missing.String(), "degraded: missing: web-2 since ")
	assert.Contains(t, log.String(), "server gone without a clean shutdown; start it again, or remove it from the list: signalmesh forget web-2")
	assertGauge(t, registry, "signalmesh_mesh_missing_members", 1)
	assertGauge(t, registry, "signalmesh_mesh_members", 1)
	members := a.Members()
	require.Len(t, members, 2)
	for _, m := range members {
		assert.Equal(t, m.Name == "web-2", m.Missing, m.Name)
		assert.Equal(t, m.Name == "web-2", m.State == "gone", m.Name)
	}

	again, _ := openNamed(t, "web-2")
	dialTopic(t, again, a)
	awaitCondition(t, a, "it is back", func(c Condition) bool { return c.Health == Healthy && c.Servers == 2 })
	assert.Contains(t, log.String(), "server alive; it was missing")
	assertGauge(t, registry, "signalmesh_mesh_missing_members", 0)
	for _, m := range a.Members() {
		assert.False(t, m.Missing)
	}
}

func assertGauge(t *testing.T, g prometheus.Gatherer, name string, want float64) {
	t.Helper()
	families, err := g.Gather()
	require.NoError(t, err)
	for _, f := range families {
		if f.GetName() == name {
			assert.InDelta(t, want, f.GetMetric()[0].GetGauge().GetValue(), 0, name)
			return
		}
	}
	assert.Fail(t, "no gauge", name)
}

func TestAMissingServerIsForgotten(t *testing.T) {
	a, log := openNamed(t, "web-1")
	b, _ := openNamed(t, "web-2")
	dialTopic(t, b, a)
	awaitCondition(t, a, "two servers", func(c Condition) bool { return c.Servers == 1 })
	_, err := a.RemoveMissing("web-2")
	require.ErrorIs(t, err, ErrNotMissing, "it is alive")
	crash(t, b)
	c := awaitCondition(t, a, "one is missing", func(c Condition) bool { return len(c.Missing) == 1 })
	assert.Equal(t, Isolated, c.Health)
	assert.Contains(t, c.String(), "isolated: missing: web-2 since ")
	_, err = a.RemoveMissing("web-3")
	require.EqualError(t, err, `"web-3": server is not missing; missing: web-2`)
	n, err := a.RemoveMissing(b.Self())
	require.NoError(t, err)
	assert.Equal(t, 1, n)
	assert.Empty(t, a.Condition().Missing)
	assert.Contains(t, log.String(), "removed from the list by an operator")
	for _, m := range a.Members() {
		assert.False(t, m.Missing, "what is kept for it may still be listed")
	}
}

func TestAMissingServerIsForgottenInTime(t *testing.T) {
	a, log := openNamed(t, "web-1", func(o *Options) { o.ForgetAfter = 2 * time.Second })
	b, _ := openNamed(t, "web-2")
	dialTopic(t, b, a)
	awaitCondition(t, a, "two servers", func(c Condition) bool { return c.Servers == 1 })
	crash(t, b)
	awaitCondition(t, a, "one is missing", func(c Condition) bool { return len(c.Missing) == 1 })
	awaitCondition(t, a, "it is forgotten", func(c Condition) bool { return len(c.Missing) == 0 })
	assert.Contains(t, log.String(), "missing server removed from the list after its time")
}

func TestWhoLeavesInOrderIsNotMissing(t *testing.T) {
	a, log := openNamed(t, "web-1")
	b, _ := openNamed(t, "web-2")
	dialTopic(t, b, a)
	awaitCondition(t, a, "two servers", func(c Condition) bool { return c.Servers == 1 })
	require.NoError(t, b.mesh.Close())
	awaitCondition(t, a, "it left", func(c Condition) bool { return c.Servers == 0 && len(c.Silent) == 0 })
	assert.Empty(t, a.Condition().Missing)
	assert.Empty(t, a.Members())
	assert.NotContains(t, log.String(), "without a clean shutdown")
}

func TestExpectedServersThatAreMissingDegradeTheHealth(t *testing.T) {
	a, _ := openNamed(t, "web-1")
	b, _ := openNamed(t, "web-2")
	dialTopic(t, b, a)
	awaitCondition(t, a, "two servers", func(c Condition) bool { return c.Health == Healthy })
	a.Expect(3, nil)
	c := a.Condition()
	assert.Equal(t, Degraded, c.Health)
	assert.Equal(t, "degraded: 2 of 3 expected servers; start the others, or correct the number", c.String())
	assert.Equal(t, 1, c.MissingServers())
	a.Expect(3, []Missing{{Name: "10.0.0.3:9800", Reason: "connection refused"}})
	assert.Equal(t, "degraded: expected and not found: 10.0.0.3:9800 (connection refused); start it, or remove it from the list of servers", a.Condition().String())
	a.Expect(2, nil)
	assert.Equal(t, Healthy, a.Health())
}

func TestMissingServersSayMore(t *testing.T) {
	since := time.Date(2026, 3, 1, 10, 15, 3, 0, time.Local)
	for want, m := range map[string]Missing{
		"web-2 since 10:15:03, 42s ago":           {Name: "web-2", Since: since, Seconds: 42.9},
		"web-2 since 10:15:03, 2m ago":            {Name: "web-2", Since: since, Seconds: 179},
		"web-2 since 10:15:03, 3h ago":            {Name: "web-2", Since: since, Seconds: 3 * 3600},
		"web-2 since 2026-03-01 10:15:03, 5d ago": {Name: "web-2", Since: since, Seconds: 5 * 86400},
		"10.0.0.3:9800 (no answer)":               {Name: "10.0.0.3:9800", Reason: "no answer"},
		"10.0.0.3:9800":                           {Name: "10.0.0.3:9800"},
	} {
		assert.Equal(t, want, m.String())
	}
	c := Condition{Health: Degraded, Servers: 1}
	for range 7 {
		c.Missing = append(c.Missing, Missing{Name: "x", Since: since})
	}
	assert.Contains(t, c.String(), " and 2 more; start it again")
}

func TestForgetAfterMustNotBeNegative(t *testing.T) {
	listen, err := multiaddr.NewMultiaddr("/ip4/127.0.0.1/tcp/0")
	require.NoError(t, err)
	_, err = New(Options{Cache: "demo", Listen: []multiaddr.Multiaddr{listen}, ForgetAfter: -1})
	assert.ErrorContains(t, err, "ForgetAfter -1ns is negative")
}

func TestServersWithTheSameNameAreLogged(t *testing.T) {
	a, log := openNamed(t, "host")
	b, _ := openNamed(t, "other")
	dialTopic(t, b, a)
	awaitCondition(t, a, "two servers", func(c Condition) bool { return c.Servers == 1 })
	assert.NotContains(t, log.String(), "same name")
	c, _ := openNamed(t, "host")
	dialTopic(t, c, a)
	awaitCondition(t, a, "three servers", func(c Condition) bool { return c.Servers == 2 })
	assert.Contains(t, log.String(), "another server has the same name; give each server a different name (--name)")
}
