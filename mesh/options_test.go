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
