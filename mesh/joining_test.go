package mesh_test

import (
	"bytes"
	"crypto/rand"
	"log/slog"
	"net"
	"regexp"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/mesh"
)

func awaitJoined(t testing.TB, topic *mesh.Topic) {
	t.Helper()
	select {
	case <-topic.Joined():
	case <-time.After(20 * time.Second):
		require.FailNow(t, "not joined", "waits for %v", topic.Joining())
	}
}

// newcomer joins the application over one address, as package node does.
func newcomer(t testing.TB, seed *mesh.Mesh, channels ...string) (*mesh.Topic, *sink) {
	m := open(t)
	topic := join(t, m, "chat")
	for _, c := range channels {
		require.NoError(t, topic.Subscribe(t.Context(), c))
	}
	s := attach(t, topic)
	meet(t, topic, m, seed)
	topic.ContactEnded()
	awaitJoined(t, topic)
	return topic, s
}

// meet dials another mesh and waits until it is a member.
func meet(t testing.TB, topic *mesh.Topic, m, other *mesh.Mesh) {
	id, err := m.Dial(t.Context(), other.Addrs()[0])
	require.NoError(t, err)
	for {
		_, changed := topic.Watch()
		if topic.Has(id) {
			return
		}
		<-changed
	}
}

// The first message of a new server reaches every other server, and the first message of
// each of them reaches the new one.
func TestAServerThatJoinedHearsAndIsHeard(t *testing.T) {
	first := open(t)
	a := join(t, first, "chat")
	heardA := attach(t, a)
	require.NoError(t, a.Subscribe(t.Context(), "all"))
	a.ContactEnded()
	awaitJoined(t, a)
	topics, heard := []*mesh.Topic{a}, []*sink{heardA}
	for range 4 {
		d, heardD := newcomer(t, first, "all", "new")
		servers, err := d.Publish(t.Context(), "all", []byte("from the new one"))
		require.NoError(t, err)
		assert.Equal(t, len(topics), servers)
		for i, topic := range topics {
			_, err := topic.Publish(t.Context(), "new", []byte("to the new one"))
			require.NoError(t, err)
			assert.Equal(t, "new=to the new one", last(heardD.await(t, topic, 1)))
			assert.Equal(t, "all=from the new one", last(heard[i].await(t, d, 1)))
		}
		topics, heard = append(topics, d), append(heard, heardD)
	}
}

func last(list []string) string { return list[len(list)-1] }

// A program that joins, publishes once and ends reaches all servers.
func TestAServerThatPublishesOnceAndLeavesIsHeardByAll(t *testing.T) {
	first := open(t)
	a := join(t, first, "chat")
	require.NoError(t, a.Subscribe(t.Context(), "all"))
	heard := []*sink{attach(t, a)}
	a.ContactEnded()
	for range 2 {
		_, s := newcomer(t, first, "all")
		heard = append(heard, s)
	}
	for range 5 {
		topic, _ := newcomer(t, first)
		servers, err := topic.Publish(t.Context(), "all", []byte("once"))
		require.NoError(t, err)
		assert.Equal(t, 3, servers)
		require.NoError(t, topic.Close())
		for _, s := range heard {
			assert.Equal(t, []string{"all=once"}, s.await(t, topic, 1))
		}
	}
}

// keyBefore returns a key whose peer ID is smaller than another one.
func keyBefore(t *testing.T, id string) crypto.PrivKey {
	other, err := peer.Decode(id)
	require.NoError(t, err)
	for {
		key, _, err := crypto.GenerateEd25519Key(rand.Reader)
		require.NoError(t, err)
		own, err := peer.IDFromPrivateKey(key)
		require.NoError(t, err)
		if own < other {
			return key
		}
	}
}

// A server that others list and that does not answer is named.
func TestAServerThatDoesNotAnswerIsNamedWhenOthersJoin(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0") // the system accepts connections and no process answers
	require.NoError(t, err)
	defer silent.Close()
	nowhere, err := manet.FromNetAddr(silent.Addr())
	require.NoError(t, err)
	first := open(t)
	a := join(t, first, "chat")
	a.ContactEnded()
	// web-2 can dial others and cannot be dialled: it advertises a wrong address.
	second := open(t, func(o *mesh.Options) { o.Name, o.Advertise = "web-2", []multiaddr.Multiaddr{nowhere} })
	join(t, second, "chat")
	_, err = second.Dial(t.Context(), first.Addrs()[0])
	require.NoError(t, err)
	awaitLinked(t, a, 1)

	var log bytes.Buffer
	m := open(t, func(o *mesh.Options) {
		o.JoinTimeout = time.Second // less than it takes to meet web-2 over the topic
		o.Logger = slog.New(slog.NewTextHandler(&log, nil))
		o.Identity = keyBefore(t, second.ID()) // it has to dial web-2, and not the other way round
	})
	topic := join(t, m, "chat")
	meet(t, topic, m, first)
	topic.ContactEnded()
	awaitJoined(t, topic)
	require.NoError(t, m.Close()) // the log is written to no more
	assert.Regexp(t, `level=WARN msg="joined without `+regexp.QuoteMeta(silent.Addr().String())+`: a connection did not come in [0-9.]+m?s; messages between them and this server may be lost until they are linked: check that they run, and the firewalls between them and this server"`, log.String())
}
