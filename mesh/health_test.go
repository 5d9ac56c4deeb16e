package mesh_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/mesh"
)

func TestHealthIsToldWhenItChanges(t *testing.T) {
	told := make(chan mesh.Condition, 16)
	a := open(t, func(o *mesh.Options) {
		o.OnHealth = func(application string, c mesh.Condition) {
			assert.Equal(t, "chat", application)
			told <- c
		}
	})
	ta := join(t, a, "chat")
	assert.Equal(t, mesh.Isolated, ta.Health(), "how it starts, without a word")
	b := open(t)
	tb := join(t, b, "chat")
	_, err := b.Dial(t.Context(), a.Addrs()[0])
	require.NoError(t, err)
	c := <-told
	assert.Equal(t, mesh.Condition{Health: mesh.Healthy, Servers: 1}, c)
	assert.Equal(t, "healthy: one other server", c.String())
	awaitLinked(t, ta, 1) // else its goodbye may come by another road than what was before it
	awaitLinked(t, tb, 1)
	require.NoError(t, b.Close())
	for c = <-told; c.Health == mesh.Degraded; c = <-told { // if the link ends a moment before the membership
	}
	assert.Equal(t, mesh.Isolated, c.Health)
	require.NoError(t, a.Close())
	select {
	case c = <-told:
		assert.Fail(t, "leaving is no news", c.String())
	default:
	}
}

func TestConditionsSayWhatToDo(t *testing.T) {
	for want, c := range map[string]mesh.Condition{
		"healthy: 2 other servers": {Health: mesh.Healthy, Servers: 2},
		"isolated: no other server is in reach; clients of this server hear each other": {Health: mesh.Isolated},
		"isolated: not heard: web-2": {Health: mesh.Isolated, Silent: []string{"web-2"}},
		"degraded: not heard: web-2; no direct link with web-3, web-4, so messages go round by other servers: check firewalls and advertised addresses between them and this server": {
			Health: mesh.Degraded, Servers: 3, Silent: []string{"web-2"}, Round: []string{"web-3", "web-4"}},
	} {
		assert.Equal(t, want, c.String())
	}
}
