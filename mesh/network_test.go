package mesh_test

import (
	"net"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/mesh"
)

// given is this machine's network, as somebody else's.
type given struct {
	net.ListenConfig
	net.Dialer
}

var _ mesh.Network = (*given)(nil)

func TestANetworkThatIsGivenCarriesTheMesh(t *testing.T) {
	over := func(o *mesh.Options) { o.Network = &given{} }
	home, guest := open(t, over), open(t, over)
	a, b := join(t, home, "chat"), join(t, guest, "chat")
	_, err := guest.Dial(t.Context(), home.Addrs()[0])
	require.NoError(t, err)
	awaitLinked(t, b, 1)
	s := attach(t, a)
	require.NoError(t, a.Subscribe(t.Context(), "red"))
	_, err = b.Publish(t.Context(), "red", []byte("hi"))
	require.NoError(t, err)
	assert.Equal(t, []string{"red=hi"}, s.await(t, b, 1))

	// The errors an operator sees are those of the network.
	_, err = mesh.New(mesh.Options{Cache: "demo", Listen: home.Addrs(), Network: &given{}})
	assert.ErrorContains(t, err, "the port is in use")
}
