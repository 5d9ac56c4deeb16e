package mesh

import (
	"testing"

	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/mesh/frame"
)

func TestOnlyTheAuthorCanSignAMessage(t *testing.T) {
	key, author, err := identity(Options{})
	require.NoError(t, err)
	other, _, err := identity(Options{})
	require.NoError(t, err)
	content := frame.AppendTopic(nil, &frame.Announce{Member: frame.Member{Epoch: 7, Name: "web-1"}})

	b, err := sign(key, author, "/signalmesh/demo/chat/1", 1, content)
	require.NoError(t, err)
	m, err := verify("/signalmesh/demo/chat/1", b, crypto.PubKey.Verify)
	require.NoError(t, err)
	assert.Equal(t, author, m.author)
	assert.EqualValues(t, 7, m.content.(*frame.Announce).Member.Epoch)

	again, err := sign(key, author, "/signalmesh/demo/chat/1", 2, content)
	require.NoError(t, err)
	assert.NotEqual(t, b, again, "GossipSub must not take the second for the first")
	_, err = verify("/signalmesh/demo/shop/1", b, crypto.PubKey.Verify)
	assert.ErrorIs(t, err, errSignature, "of another application")
	forged, err := sign(other, author, "/signalmesh/demo/chat/1", 1, content)
	require.NoError(t, err)
	_, err = verify("/signalmesh/demo/chat/1", forged, crypto.PubKey.Verify)
	assert.ErrorIs(t, err, errSignature, "in another node's name")
	for i := range b {
		changed := append([]byte(nil), b...)
		changed[i] ^= 1
		_, err := verify("/signalmesh/demo/chat/1", changed, crypto.PubKey.Verify)
		assert.Error(t, err, "byte %d changed", i)
		_, err = verify("/signalmesh/demo/chat/1", b[:i], crypto.PubKey.Verify)
		assert.Error(t, err, "cut to %d bytes", i)
	}
}

func FuzzVerify(f *testing.F) {
	key, author, err := identity(Options{})
	require.NoError(f, err)
	b, err := sign(key, author, "topic", 1, frame.AppendTopic(nil, &frame.Announce{}))
	require.NoError(f, err)
	f.Add(b)
	f.Add([]byte{1, 2, 3})
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := verify("topic", b, crypto.PubKey.Verify)
		if err == nil {
			require.NotEmpty(t, m.author)
		}
	})
}
