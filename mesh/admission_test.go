package mesh

import (
	"bytes"
	"crypto/rand"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/sec"
	"github.com/libp2p/go-libp2p/p2p/muxer/yamux"
	"github.com/libp2p/go-libp2p/p2p/security/noise"
	"github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"
	"github.com/multiformats/go-multistream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/mesh/admission"
	"github.com/signalmesh/signalmesh/mesh/frame"
)

// A journal is a log that tests read while it is written.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(b)
}

// await waits until the log says something.
func (j *journal) await(t testing.TB, text string) {
	require.Eventually(t, func() bool { return strings.Contains(j.String(), text) }, 20*time.Second, time.Millisecond, text)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// Deriving keys takes long under the race detector, so the tests share them.
var verifierOf = func() func(t testing.TB, user string) admission.Verifier {
	var mu sync.Mutex
	have := map[string]admission.Verifier{}
	return func(t testing.TB, user string) admission.Verifier {
		mu.Lock()
		defer mu.Unlock()
		if _, ok := have[user]; !ok {
			v, err := admission.NewVerifier("demo", user, "s3cret of "+user)
			require.NoError(t, err)
			have[user] = v
		}
		return have[user]
	}
}()

// users are those of the tests: hub for everything, shop for its own application.
func users(t testing.TB) []admission.User {
	return []admission.User{
		{Name: "hub", Verifier: verifierOf(t, "hub")},
		{Name: "shop", Verifier: verifierOf(t, "shop"), Applications: []string{"shop"}},
	}
}

// openAs opens a mesh whose node is a user, with the log it writes.
func openAs(t testing.TB, user string, change ...func(*Options)) (*Mesh, *journal) {
	listen, err := multiaddr.NewMultiaddr("/ip4/127.0.0.1/tcp/0")
	require.NoError(t, err)
	log := &journal{}
	o := Options{
		Cache: "demo", UserID: user, Password: "s3cret of " + user, Users: users(t), Listen: []multiaddr.Multiaddr{listen},
		Logger: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, f := range change {
		f(&o)
	}
	m, err := New(o)
	require.NoError(t, err)
	t.Cleanup(func() {
		assert.NoError(t, m.Close())
		assert.NotContains(t, log.String(), "s3cret")
	})
	return m, log
}

// A stranger is an attacker's own host: a key, a socket, and Noise.
type stranger struct {
	id   peer.ID
	conn sec.SecureConn
}

// knock secures a connection to m and does no more.
func knock(t testing.TB, m *Mesh) *stranger {
	key, _, err := crypto.GenerateEd25519Key(rand.Reader)
	require.NoError(t, err)
	return knockAs(t, m, key)
}

func knockAs(t testing.TB, m *Mesh, key crypto.PrivKey) *stranger {
	id, err := peer.IDFromPrivateKey(key)
	require.NoError(t, err)
	_, where, err := manet.DialArgs(m.Addrs()[0])
	require.NoError(t, err)
	raw, err := net.Dial("tcp", where)
	require.NoError(t, err)
	t.Cleanup(func() { _ = raw.Close() })
	require.NoError(t, multistream.SelectProtoOrFail(secureProtocol, raw))
	secure, err := noise.New(secureProtocol, key, nil)
	require.NoError(t, err)
	conn, err := secure.SecureOutbound(t.Context(), raw, m.host.ID())
	require.NoError(t, err)
	require.NoError(t, conn.SetDeadline(time.Now().Add(time.Minute)))
	return &stranger{id, conn}
}

// guess runs the exchange with a user and password that is not m's.
func (s *stranger) guess(m *Mesh, g *admission.Gate) error {
	_, err := g.Initiate(s.conn, admission.Channel{Initiator: string(s.id), Responder: string(m.host.ID())})
	return err
}

func TestAStrangerGetsNoFurtherThanTheSecuredConnection(t *testing.T) {
	home, _ := openAs(t, "hub", func(o *Options) { o.DialTimeout = 100 * time.Millisecond })
	for name, say := range map[string][]byte{
		"nothing":     nil,
		"multistream": []byte("\x13/multistream/1.0.0\n\x0d/yamux/1.0.0\n"),
		"yamux":       {0, 2, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7}, // a ping
		"an endless message, slowly": {
			2, 0, 1, 1, 0, 'd', 'e', 'm', 'o',
		},
	} {
		s := knock(t, home)
		_, err := s.conn.Write(say)
		require.NoError(t, err)
		answer, err := io.ReadAll(s.conn) // until it is hung up on
		assert.NotErrorIs(t, err, os.ErrDeadlineExceeded, name)
		assert.NotContains(t, string(answer), "multistream", name)
		assert.NotContains(t, string(answer), "yamux", name)
	}
	s := knock(t, home)
	muxed, err := yamux.DefaultTransport.NewConn(s.conn, false, &network.NullScope{})
	require.NoError(t, err)
	stream, err := muxed.OpenStream(t.Context())
	if err == nil {
		_, err = stream.Read(make([]byte, 1))
	}
	assert.Error(t, err)
	require.NoError(t, muxed.Close())
	assert.Zero(t, home.Connections())
}

func TestARefusalIsToldCountedAndLogged(t *testing.T) {
	registry := prometheus.NewRegistry()
	home, log := openAs(t, "hub", func(o *Options) { o.Metrics = registry })
	there, _ := openAs(t, "hub", func(o *Options) { o.Cache, o.Users = "other", nil })
	_, err := there.Dial(t.Context(), home.Addrs()[0])
	assert.EqualError(t, err, `refused us: it serves cache "demo", not "other"; check the cache name`)
	_, err = home.Dial(t.Context(), there.Addrs()[0])
	assert.EqualError(t, err, `refused us: it serves cache "other", not "demo"; check the cache name`)
	log.await(t, `serves cache \"other\", not \"demo\"`)
	wrong, _ := openAs(t, "hub", func(o *Options) { o.Password = "guess" })
	_, err = wrong.Dial(t.Context(), home.Addrs()[0])
	assert.ErrorIs(t, err, ErrRefused)
	assert.ErrorContains(t, err, "unknown user or wrong password")
	_, err = home.Dial(t.Context(), wrong.Addrs()[0])
	assert.ErrorContains(t, err, `refused: wrong password of user "hub"`, "it knows us, but cannot prove itself")
	log.await(t, `wrong password of user \"hub\"`)
	assert.Equal(t, map[string]float64{"version": 0, "cache": 2, "credentials": 2, "failures": 0, "application": 0, "busy": 0}, refusedTotal(t, registry))
}

func refusedTotal(t testing.TB, registry *prometheus.Registry) map[string]float64 {
	families, err := registry.Gather()
	require.NoError(t, err)
	counts := map[string]float64{}
	for _, f := range families {
		if f.GetName() == "signalmesh_mesh_refused_total" {
			for _, m := range f.GetMetric() {
				counts[m.GetLabel()[0].GetValue()] = m.GetCounter().GetValue()
			}
		}
	}
	return counts
}

func TestGuessersDoNotShutOutAMember(t *testing.T) {
	home, log := openAs(t, "hub")
	member, _ := openAs(t, "hub")
	_, err := member.Dial(t.Context(), home.Addrs()[0])
	require.NoError(t, err)
	guesser, err := admission.New(admission.Options{Cache: "demo", UserID: "hub", Password: "guess"})
	require.NoError(t, err)
	guesses := 0
	var refused *admission.Refusal
	for refused == nil || refused.Reason != admission.TooManyFailures {
		require.ErrorAs(t, knock(t, home).guess(home, guesser), &refused)
		guesses++
		require.LessOrEqual(t, guesses, 20)
	}
	assert.NotZero(t, refused.Wait)
	log.await(t, "too many failed attempts")
	// The member is at the same address, and comes back.
	require.NoError(t, member.swarm.ClosePeer(home.host.ID()))
	_, err = member.Dial(t.Context(), home.Addrs()[0])
	assert.NoError(t, err)
	assert.LessOrEqual(t, strings.Count(log.String(), "level=WARN"), 2, "not a line for each guess")
	// Whoever proves itself once and guesses then has to wait like everybody.
	key, _, err := crypto.GenerateEd25519Key(rand.Reader)
	require.NoError(t, err)
	id, err := peer.IDFromPrivateKey(key)
	require.NoError(t, err)
	assert.False(t, home.secure.admitted.trusts(id))
	assert.True(t, home.secure.admitted.trusts(member.host.ID()))
	home.secure.admitted.distrust(member.host.ID())
	assert.False(t, home.secure.admitted.trusts(member.host.ID()))
}

func TestAUserSpeaksOnlyForItsApplications(t *testing.T) {
	home, log := openAs(t, "hub")
	shop, shopLog := openAs(t, "shop")
	chatHome, err := home.Join("chat")
	require.NoError(t, err)
	shopHome, err := home.Join("shop")
	require.NoError(t, err)
	// A node of user shop, whose settings say chat by mistake.
	chat, err := shop.Join("chat")
	require.NoError(t, err)
	_, err = shop.Dial(t.Context(), home.Addrs()[0])
	require.NoError(t, err)
	log.await(t, `user \"shop\" is not let into application \"chat\"`)
	for !strings.Contains(shopLog.String(), `it does not let user \"shop\" into application \"chat\"`) {
		_, err = shop.Dial(t.Context(), home.Addrs()[0])
		require.NoError(t, err)
	}
	assert.Empty(t, chatHome.Members())
	assert.Zero(t, chat.Alive())
	assert.Empty(t, home.gossip.ListPeers(chatHome.name))
	require.NoError(t, chat.Close())

	right, err := shop.Join("shop")
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		_, err = shop.Dial(t.Context(), home.Addrs()[0])
		return right.Alive() == 1 && shopHome.Alive() == 1
	}, 20*time.Second, 5*time.Millisecond)
	assert.NoError(t, err)
}

// awaitCutOff waits until from has ended its connection with m.
func awaitCutOff(t *testing.T, m *Mesh, from *Mesh) {
	require.Eventually(t, func() bool { return !m.connected(from.host.ID()) }, 20*time.Second, time.Millisecond)
}

func TestForeignApplicationsAreRefusedOnEveryRoad(t *testing.T) {
	home, _ := openAs(t, "hub")
	topic, err := home.Join("chat")
	require.NoError(t, err)
	attacker, _ := openAs(t, "shop")
	attack := func() {
		_, err := attacker.Dial(t.Context(), home.Addrs()[0])
		require.NoError(t, err)
	}
	attack()
	s, err := attacker.host.NewStream(t.Context(), home.host.ID(), framesProtocol)
	require.NoError(t, err)
	_, err = s.Write(frame.Append(nil, frame.Hello{Application: "chat", Member: frame.Member{Epoch: 7}}))
	require.NoError(t, err)
	awaitCutOff(t, attacker, home)
	assert.EqualValues(t, 1, home.secure.refused.counted(admission.WrongApplication), "a link")

	raw, err := attacker.gossip.Join(topic.name)
	require.NoError(t, err)
	sub, err := raw.Subscribe()
	require.NoError(t, err)
	attack()
	require.Eventually(t, func() bool { return len(raw.ListPeers()) == 1 }, 20*time.Second, time.Millisecond)
	forged, err := sign(attacker.secure.key, attacker.host.ID(), topic.name, 1, frame.AppendTopic(nil, &frame.Announce{Member: frame.Member{Epoch: 7}}))
	require.NoError(t, err)
	require.NoError(t, raw.Publish(t.Context(), forged))
	awaitCutOff(t, attacker, home)
	assert.EqualValues(t, 2, home.secure.refused.counted(admission.WrongApplication), "a message on the topic")
	assert.Empty(t, topic.Members())

	// What is said on the topic does not reach it either.
	attack()
	require.Eventually(t, func() bool { return len(raw.ListPeers()) == 1 }, 20*time.Second, time.Millisecond)
	assert.Empty(t, home.gossip.ListPeers(topic.name))
	sub.Cancel()
	for m, err := sub.Next(t.Context()); err == nil; m, err = sub.Next(t.Context()) {
		assert.Equal(t, attacker.host.ID(), m.ReceivedFrom, "heard what home said")
	}
	require.NoError(t, raw.Close())
}

func TestAcceptCutsOffWhoseUserIsGone(t *testing.T) {
	home, _ := openAs(t, "hub")
	hub, _ := openAs(t, "hub")
	shop, _ := openAs(t, "shop")
	for _, m := range []*Mesh{hub, shop} {
		_, err := m.Dial(t.Context(), home.Addrs()[0])
		require.NoError(t, err)
	}
	require.Error(t, home.Accept([]admission.User{{Name: "hub"}}))
	assert.True(t, shop.connected(home.host.ID()), "an error changes nothing")
	require.NoError(t, home.Accept(users(t)[:1]))
	awaitCutOff(t, shop, home)
	require.Eventually(t, func() bool { return home.Connections() == 1 }, 20*time.Second, time.Millisecond)
	_, err := shop.Dial(t.Context(), home.Addrs()[0])
	assert.ErrorIs(t, err, ErrRefused)
	assert.False(t, home.allows(shop.host.ID(), "shop"), "nor does what is on its way count")
	assert.True(t, hub.connected(home.host.ID()))
}

func TestWhoIsAdmittedIsForgottenInTime(t *testing.T) {
	gate, err := admission.New(admission.Options{Cache: "demo"})
	require.NoError(t, err)
	all := newAdmitted(gate)
	for i := range 2 * maxParted {
		c, err := all.add(fakeConn{id: peer.ID(rune(i))}, admission.Admitted{})
		require.NoError(t, err)
		require.NoError(t, c.Close())
		require.NoError(t, c.Close(), "a second time")
	}
	assert.LessOrEqual(t, len(all.peers), maxParted)
	assert.True(t, all.allows(peer.ID(rune(2*maxParted-1)), "chat"), "just left")
	assert.False(t, all.allows(peer.ID(rune(1)), "chat"), "left long ago")
}

type fakeConn struct {
	sec.SecureConn
	id peer.ID
}

func (c fakeConn) RemotePeer() peer.ID { return c.id }
func (c fakeConn) Close() error        { return nil }

// BenchmarkHandshake is one connection: TCP, Noise, admission, muxer, both sides.
func BenchmarkHandshake(b *testing.B) {
	for name, change := range map[string]func(*Options){
		"credentials": func(*Options) {},
		"anonymous":   func(o *Options) { o.UserID, o.Password, o.Users = "", "", nil },
	} {
		b.Run(name, func(b *testing.B) {
			home, _ := openAs(b, "hub", change)
			m, _ := openAs(b, "hub", change)
			for b.Loop() {
				if err := m.connect(b.Context(), peer.AddrInfo{ID: home.host.ID(), Addrs: home.Addrs()}); err != nil {
					b.Fatal(err)
				}
				if err := m.swarm.ClosePeer(home.host.ID()); err != nil {
					b.Fatal(err)
				}
				for _, g := range []*guard{home.guard, m.guard} { // who takes this for a flood
					g.mu.Lock()
					clear(g.peers)
					g.mu.Unlock()
				}
			}
		})
	}
}
