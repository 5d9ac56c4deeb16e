package mesh

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/mesh/frame"
)

// A node leaves an application and becomes a member of it again, over the same mesh.
func TestAnApplicationIsLeftAndJoinedAgain(t *testing.T) {
	home, _ := openAs(t, "hub")
	peer, _ := openAs(t, "hub")
	chat, err := home.Join("chat")
	require.NoError(t, err)
	_, err = peer.Join("chat")
	require.NoError(t, err)
	for range 3 {
		topic, err := peer.Join("chat")
		require.Error(t, err, "it is a member already")
		require.Nil(t, topic)
		require.NoError(t, peer.topicOf("chat").Close())
		topic, err = peer.Join("chat")
		require.NoError(t, err)
		got := make(chan string, 1)
		detach, err := topic.Attach(receiver(got))
		require.NoError(t, err)
		require.Eventually(t, func() bool {
			_, err := peer.Dial(t.Context(), home.Addrs()[0])
			return err == nil && chat.Alive() == 1 && topic.Alive() == 1
		}, 20*time.Second, 5*time.Millisecond)
		require.NoError(t, topic.Subscribe(t.Context(), "c"))
		n, err := chat.Publish(t.Context(), "c", []byte("x"))
		require.NoError(t, err)
		assert.Equal(t, 1, n)
		assert.Equal(t, "c=x", <-got)
		detach()
	}
}

// A member that breaks the protocol on the topic is cut off, as on a direct link.
func TestAViolationOnTheTopicCutsOff(t *testing.T) {
	home, log := openAs(t, "hub")
	topic, err := home.Join("chat")
	require.NoError(t, err)
	attacker, _ := openAs(t, "hub")
	raw, err := attacker.gossip.Join(topic.name)
	require.NoError(t, err)
	_, err = attacker.Dial(t.Context(), home.Addrs()[0])
	require.NoError(t, err)
	require.Eventually(t, func() bool { return len(raw.ListPeers()) == 1 }, 20*time.Second, time.Millisecond)
	stolen := frame.AppendTopic(nil, &frame.Announce{Member: frame.Member{Epoch: epoch(topic)}})
	forged, err := sign(attacker.secure.key, attacker.host.ID(), topic.name, 1, stolen)
	require.NoError(t, err)
	require.NoError(t, raw.Publish(t.Context(), forged))
	awaitCutOff(t, attacker, home)
	assert.EqualValues(t, 1, home.violations.Load())
	log.await(t, "epoch of another node")
	_, err = attacker.Dial(t.Context(), home.Addrs()[0])
	if err == nil { // the ban shows after the handshake
		awaitCutOff(t, attacker, home)
	}
	assert.Empty(t, topic.Members())
	require.NoError(t, raw.Close())
}
