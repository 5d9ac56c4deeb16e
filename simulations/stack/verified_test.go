package stack

import (
	"crypto/rand"
	"encoding/binary"
	"testing"

	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWhatIsRememberedIsWhatVerifySays(t *testing.T) {
	private, public, err := crypto.GenerateEd25519Key(rand.Reader)
	require.NoError(t, err)
	_, other, err := crypto.GenerateEd25519Key(rand.Reader)
	require.NoError(t, err)
	signature, err := private.Sign([]byte("text"))
	require.NoError(t, err)

	v := newVerified()
	for range 2 {
		for _, c := range []struct {
			key       crypto.PubKey
			text      string
			signature []byte
		}{
			{public, "text", signature}, {other, "text", signature}, {public, "texts", signature},
			{public, "text", append([]byte{1}, signature[1:]...)},
		} {
			want, _ := c.key.Verify([]byte(c.text), c.signature)
			got, err := v.verify(c.key, []byte(c.text), c.signature)
			require.NoError(t, err)
			assert.Equal(t, want, got, c.text)
		}
	}
}

func TestNoMoreIsRememberedThanIsOfUse(t *testing.T) {
	private, public, err := crypto.GenerateEd25519Key(rand.Reader)
	require.NoError(t, err)
	signature, err := private.Sign([]byte("text"))
	require.NoError(t, err)
	v := newVerified()
	for generation := range uint32(3) {
		for i := uint32(0); len(v.newer) < rememberedChecks; i++ {
			v.newer[digest(binary.BigEndian.AppendUint32(nil, generation), binary.BigEndian.AppendUint32(nil, i))] = true
		}
		valid, err := v.verify(public, []byte("text"), signature)
		require.NoError(t, err)
		assert.True(t, valid)
		assert.LessOrEqual(t, len(v.newer)+len(v.older), 2*rememberedChecks)
	}
}
