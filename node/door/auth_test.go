package door_test

import (
	"net"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/node/door"
)

func protected(t testing.TB) []site {
	return sites(t, 1, func(o *door.Options) {
		o.Credentials = &ledger{passwords: map[string]string{"": "secret"}}
	})
}

func TestADoorForAllNeedsAPassword(t *testing.T) {
	l, err := net.Listen("tcp", "0.0.0.0:0")
	require.NoError(t, err)
	defer l.Close()
	_, err = door.New(door.Options{Listener: l, Exchange: sites(t, 1, nil)[0].exchange})
	assert.ErrorContains(t, err, "is not a loopback address, and there is no password")
}
