package admission_test

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/mesh/admission"
)

// A crowd is a Lobby with the connections of a test by name, and the names of those that
// lost their places.
type crowd struct {
	*admission.Lobby
	places map[string]*admission.Place
	lost   []string
}

func newCrowd(l admission.LobbyLimits) *crowd {
	return &crowd{Lobby: admission.NewLobby(l), places: map[string]*admission.Place{}}
}

func (c *crowd) enter(name, addr string) bool {
	p := c.Enter(netip.MustParseAddr(addr), func() { c.lost = append(c.lost, name) })
	c.places[name] = p
	return p != nil
}

func TestTheOldestSilentConnectionOfAFullAddressIsReplaced(t *testing.T) {
	c := newCrowd(admission.LobbyLimits{Total: 100, Address: 3, Site: 100})
	c.enter("other", "192.0.2.2")
	for _, name := range []string{"a", "b", "c"} {
		c.enter(name, "192.0.2.1")
	}
	c.places["a"].Spoke()
	c.enter("d", "192.0.2.1")
	assert.Equal(t, []string{"b"}, c.lost)
	c.enter("e", "::ffff:192.0.2.1")
	assert.Equal(t, []string{"b", "c"}, c.lost, "a mapped address is the same one")
	c.places["d"].Spoke()
	c.places["e"].Spoke()
	c.enter("f", "192.0.2.1")
	assert.Equal(t, []string{"b", "c", "a"}, c.lost, "if all have spoken, the oldest")
	assert.Equal(t, 4, c.Len())
	assert.EqualValues(t, 3, c.Evicted())
}

func TestHeldConnectionsKeepTheirPlaces(t *testing.T) {
	c := newCrowd(admission.LobbyLimits{Total: 100, Address: 2, Site: 100})
	c.enter("a", "192.0.2.1")
	c.enter("b", "192.0.2.1")
	require.True(t, c.places["a"].Hold())
	require.True(t, c.places["b"].Hold())
	assert.False(t, c.enter("c", "192.0.2.1"), "nobody can be replaced")
	assert.True(t, c.enter("d", "192.0.2.3"))
	c.places["a"].Release()
	assert.True(t, c.enter("e", "192.0.2.1"))
	assert.Equal(t, []string{"a"}, c.lost)
	assert.False(t, c.places["a"].Hold(), "its place is lost")
	c.places["a"].Leave()
	c.places["b"].Leave()
	c.places["b"].Leave()
	assert.Equal(t, 2, c.Len())
}

// The addresses that hold the most lose their places, not the ones that hold few.
func TestManyAddressesDoNotReplaceASingleConnection(t *testing.T) {
	c := newCrowd(admission.LobbyLimits{Total: 16, Address: 4, Site: 4})
	c.enter("honest", "198.51.100.1")
	for i := range 100 {
		require.True(t, c.enter(fmt.Sprint(i), fmt.Sprintf("192.0.2.%d", i%7)))
	}
	assert.NotContains(t, c.lost, "honest")
	assert.Equal(t, 16, c.Len())
	c.enter("second", "198.51.100.2")
	assert.NotContains(t, c.lost, "honest")
	assert.Equal(t, 16, c.Len())
}

func TestIPv6IsBoundedByNetworkAndBySite(t *testing.T) {
	c := newCrowd(admission.LobbyLimits{Total: 100, Address: 2, Site: 4})
	for i := range 3 {
		c.enter(fmt.Sprint("same /64 ", i), fmt.Sprintf("2001:db8:0:1::%d", i))
	}
	assert.Equal(t, []string{"same /64 0"}, c.lost)
	for i := range 4 {
		c.enter(fmt.Sprint("same /48 ", i), fmt.Sprintf("2001:db8:0:%d::1", 2+i))
	}
	assert.Equal(t, []string{"same /64 0", "same /64 1", "same /64 2"}, c.lost)
	c.enter("other site", "2001:db8:1::1")
	assert.Len(t, c.lost, 3)
	assert.Equal(t, 5, c.Len())
}
