package protocol_test

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/signalmesh/signalmesh/signalr/protocol"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fromHex returns the bytes of a vector as the specification prints it.
func fromHex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	require.NoError(t, err)
	return b
}

// readOne reads the only frame in b.
func readOne(t testing.TB, p protocol.Protocol, b []byte) (protocol.Message, error) {
	t.Helper()
	body, rest, err := p.Split(b, 0)
	require.NoError(t, err)
	require.NotNil(t, body, "no whole frame")
	require.Empty(t, rest)
	return p.Parse(body)
}
