package mesh

import (
	"testing"
	"time"

	"github.com/multiformats/go-multiaddr"
	"github.com/stretchr/testify/assert"
)

func TestWrongOptionsAreNamed(t *testing.T) {
	o := Options{
		Cache: "demo", Listen: []multiaddr.Multiaddr{multiaddr.StringCast("/ip4/127.0.0.1/tcp/0")},
		Degree: 1, Direct: -1, SuspectAfter: 5 * time.Second, GoneAfter: 4 * time.Second,
	}
	_, err := o.complete()
	for _, name := range []string{"Degree 1", "Direct -1", "SuspectAfter 5s"} {
		assert.ErrorContains(t, err, name)
	}
	o.Degree, o.Direct, o.SuspectAfter = 64, 4096, 4*time.Second
	_, err = o.complete()
	assert.NoError(t, err)
}

func TestTheLongestMessageFitsIntoTheReplayWindow(t *testing.T) {
	o := Options{Cache: "demo", Listen: []multiaddr.Multiaddr{multiaddr.StringCast("/ip4/127.0.0.1/tcp/0")}, ReplayBytes: 1 << 20}
	done, err := o.complete()
	assert.NoError(t, err)
	assert.Equal(t, 1<<20, done.MaxMessage)
	o.MaxMessage = 2 << 20
	_, err = o.complete()
	assert.ErrorContains(t, err, "MaxMessage 2097152 is not between 1 and ReplayBytes, 1048576")
	o.ReplayBytes = 0
	o.MaxMessage = 49 << 20
	_, err = o.complete()
	assert.NoError(t, err)
}

func TestWhoOnlyDialsListensNowhere(t *testing.T) {
	_, err := Options{Cache: "demo", DialOnly: true}.complete()
	assert.NoError(t, err)
	_, err = Options{Cache: "demo", DialOnly: true, Listen: []multiaddr.Multiaddr{multiaddr.StringCast("/ip4/127.0.0.1/tcp/0")}}.complete()
	assert.ErrorContains(t, err, "leave out Listen and Advertise")
	_, err = Options{Cache: "demo"}.complete()
	assert.ErrorContains(t, err, "no address to listen on")
}
