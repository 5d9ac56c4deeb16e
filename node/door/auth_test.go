package door_test

import (
	"net"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/node/door"
)

func protected(t testing.TB) []site {
	return sites(t, 1, func(o *door.Options) {
		o.Authenticate = func(user, password string) bool { return user == "" && password == "secret" }
	})
}

func TestGuessingIsSlowed(t *testing.T) {
	addr := protected(t)[0].addr()
	for i := range 100 {
		reply := dial(t, addr).ask("AUTH", "guess")
		if strings.HasPrefix(reply, "-ERR too many failed attempts; try again in") {
			assert.GreaterOrEqual(t, i, 5)
			return
		}
	}
	assert.Fail(t, "a hundred guesses in a row were answered")
}

func TestADoorForAllNeedsAPassword(t *testing.T) {
	l, err := net.Listen("tcp", "0.0.0.0:0")
	require.NoError(t, err)
	defer l.Close()
	_, err = door.New(door.Options{Listener: l, Exchange: sites(t, 1, nil)[0].exchange})
	assert.ErrorContains(t, err, "is not a loopback address, and there is no password")
}
