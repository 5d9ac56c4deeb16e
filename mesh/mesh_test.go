package mesh_test

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/multiformats/go-multiaddr"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/signalmesh/signalmesh/mesh"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const loopback = "/ip4/127.0.0.1/tcp/0"

func addr(t testing.TB, s string) multiaddr.Multiaddr {
	a, err := multiaddr.NewMultiaddr(s)
	require.NoError(t, err)
	return a
}

func addrs(t testing.TB, texts ...string) (list []multiaddr.Multiaddr) {
	for _, s := range texts {
		list = append(list, addr(t, s))
	}
	return list
}

// open opens a mesh on loopback and closes it with the test.
func open(t testing.TB, change ...func(*mesh.Options)) *mesh.Mesh {
	o := mesh.Options{Cache: "demo", Listen: addrs(t, loopback), Name: t.Name(), Version: "test"}
	for _, f := range change {
		f(&o)
	}
	m, err := mesh.New(o)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, m.Close()) })
	return m
}

func join(t testing.TB, m *mesh.Mesh, application string) *mesh.Topic {
	topic, err := m.Join(application)
	require.NoError(t, err)
	return topic
}

// openTopics opens n meshes that are one.
func openTopics(t testing.TB, n int) []*mesh.Topic {
	var topics []*mesh.Topic
	var first *mesh.Mesh
	for range n {
		m := open(t)
		topics = append(topics, join(t, m, "chat"))
		if first == nil {
			first = m
			continue
		}
		_, err := m.Dial(t.Context(), first.Addrs()[0])
		require.NoError(t, err)
	}
	for _, topic := range topics {
		awaitLinked(t, topic, n-1)
	}
	return topics
}

// awaitLinked waits until topic has links to n members and knows what they want.
func awaitLinked(t testing.TB, topic *mesh.Topic, n int) {
	require.Eventually(t, func() bool {
		linked := 0
		for _, m := range topic.Members() {
			if m.Linked && m.Synced && m.State == "alive" {
				linked++
			}
		}
		return linked == n
	}, 20*time.Second, 5*time.Millisecond, "%d links", n)
}

// A sink keeps what a topic delivers.
type sink struct {
	mu   sync.Mutex
	got  map[string][]string
	lost uint64
	left []string
	news chan struct{}
}

func attach(t testing.TB, topic *mesh.Topic) *sink {
	s := &sink{got: map[string][]string{}, news: make(chan struct{}, 1)}
	_, err := topic.Attach(s)
	require.NoError(t, err)
	return s
}

func (s *sink) note(f func()) {
	s.mu.Lock()
	f()
	s.mu.Unlock()
	select {
	case s.news <- struct{}{}:
	default:
	}
}

func (s *sink) Receive(from, channel string, data []byte) {
	s.note(func() { s.got[from] = append(s.got[from], channel+"="+string(data)) })
}
func (s *sink) Left(server string)        { s.note(func() { s.left = append(s.left, server) }) }
func (s *sink) Gap(_ string, lost uint64) { s.note(func() { s.lost += lost }) }

// await waits until n messages of from are there, and returns them.
func (s *sink) await(t testing.TB, from *mesh.Topic, n int) []string {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for {
		s.mu.Lock()
		got := s.got[from.Self()]
		s.mu.Unlock()
		if len(got) >= n {
			return got
		}
		select {
		case <-s.news:
		case <-ctx.Done():
			require.FailNow(t, "messages missing", "%d of %d", len(got), n)
		}
	}
}

func TestServersFindEachOtherThroughOneAddress(t *testing.T) {
	topics := openTopics(t, 3)
	a, b := topics[0], topics[2]
	s := attach(t, b)
	require.NoError(t, b.Subscribe(t.Context(), "red"))
	n, err := a.Publish(t.Context(), "red", []byte("hi"))
	require.NoError(t, err)
	assert.Equal(t, 1, n)
	assert.Equal(t, []string{"red=hi"}, s.await(t, a, 1))
	assert.Equal(t, mesh.Healthy, a.Health())
}

func TestABurstFromEveryServerArrivesInOrder(t *testing.T) {
	const count = 10_000
	topics := openTopics(t, 3)
	var sinks []*sink
	for _, topic := range topics {
		sinks = append(sinks, attach(t, topic))
		require.NoError(t, topic.Subscribe(t.Context(), "all"))
	}
	var publishing sync.WaitGroup
	for _, topic := range topics {
		publishing.Go(func() {
			for i := range count {
				_, err := topic.Publish(t.Context(), "all", fmt.Appendf(nil, "%d %0250d", i, 0))
				assert.NoError(t, err)
			}
		})
	}
	publishing.Wait()
	for i, s := range sinks {
		for j, topic := range topics {
			if i == j {
				continue
			}
			got := s.await(t, topic, count)
			require.Len(t, got, count)
			for n, m := range got {
				require.Equal(t, fmt.Sprintf("all=%d %0250d", n, 0), m)
			}
		}
	}
}

func TestSubscribeMeansThatWhatIsPublishedArrives(t *testing.T) {
	topics := openTopics(t, 3)
	s := attach(t, topics[0])
	for i := range 200 {
		channel := "room " + strconv.Itoa(i)
		require.NoError(t, topics[0].Subscribe(t.Context(), channel))
		from := topics[1+i%2]
		n, err := from.Publish(t.Context(), channel, nil)
		require.NoError(t, err)
		require.Equal(t, 1, n)
		s.await(t, from, i/2+1)
	}
}

func TestCloseLetsTheFarewellOut(t *testing.T) {
	const count = 5_000
	topics := openTopics(t, 2)
	s := attach(t, topics[0])
	require.NoError(t, topics[0].Subscribe(t.Context(), "all"))
	for i := range count {
		_, err := topics[1].Publish(t.Context(), "all", []byte(strconv.Itoa(i)))
		require.NoError(t, err)
	}
	require.NoError(t, topics[1].Close())
	assert.Len(t, s.await(t, topics[1], count), count)
	require.Eventually(t, func() bool { return len(topics[0].Members()) == 0 }, 5*time.Second, time.Millisecond)
	s.mu.Lock()
	assert.Equal(t, []string{topics[1].Self()}, s.left)
	s.mu.Unlock()
	_, err := topics[1].Publish(t.Context(), "all", nil)
	assert.ErrorIs(t, err, mesh.ErrClosed)
	assert.ErrorIs(t, topics[1].Subscribe(t.Context(), "x"), mesh.ErrClosed)
	assert.NoError(t, topics[1].Close(), "a second time")
}

func TestApplicationsOfOneCacheDoNotHearEachOther(t *testing.T) {
	a, b := open(t), open(t)
	chatA, chatB, shopB := join(t, a, "chat"), join(t, b, "chat"), join(t, b, "shop")
	_, err := a.Dial(t.Context(), b.Addrs()[0])
	require.NoError(t, err)
	awaitLinked(t, chatA, 1)
	s := attach(t, shopB)
	c := attach(t, chatB)
	require.NoError(t, shopB.Subscribe(t.Context(), "all"))
	require.NoError(t, chatB.Subscribe(t.Context(), "all"))
	n, err := chatA.Publish(t.Context(), "all", nil)
	require.NoError(t, err)
	assert.Equal(t, 1, n)
	c.await(t, chatA, 1)
	assert.Empty(t, s.got)
	assert.Equal(t, mesh.Isolated, shopB.Health())
}

func TestStrangersAreRefused(t *testing.T) {
	secret := func(o *mesh.Options) { o.UserID, o.Password = "hub", "s3cret" }
	home := open(t, secret)
	for name, change := range map[string]func(*mesh.Options){
		"other cache":    func(o *mesh.Options) { secret(o); o.Cache = "other" },
		"wrong password": func(o *mesh.Options) { secret(o); o.Password = "guess" },
		"other user":     func(o *mesh.Options) { secret(o); o.UserID = "somebody" },
		"no password":    func(o *mesh.Options) {},
	} {
		_, err := open(t, change).Dial(t.Context(), home.Addrs()[0])
		assert.ErrorIs(t, err, mesh.ErrRefused, name)
	}
	assert.Zero(t, home.Connections())
	_, err := open(t, secret, func(o *mesh.Options) { o.Cache = "DEMO" }).Dial(t.Context(), home.Addrs()[0])
	assert.NoError(t, err, "cache names ignore letter case")
}

func TestDialTellsWhatIsWrong(t *testing.T) {
	m := open(t)
	id, err := m.Dial(t.Context(), m.Addrs()[0])
	assert.ErrorIs(t, err, mesh.ErrSelf)
	assert.Equal(t, m.ID(), id)

	stranger, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	go func() {
		c, err := stranger.Accept()
		if err == nil {
			_, _ = c.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n"))
			_ = c.Close()
		}
	}()
	_, port, _ := net.SplitHostPort(stranger.Addr().String())
	_, err = m.Dial(t.Context(), addr(t, "/ip4/127.0.0.1/tcp/"+port))
	assert.ErrorIs(t, err, mesh.ErrForeign)
	assert.ErrorContains(t, err, "is not a signalmesh node but an HTTP server: use the port of --listen")
	require.NoError(t, stranger.Close())
	_, err = m.Dial(t.Context(), addr(t, "/ip4/127.0.0.1/tcp/"+port))
	assert.ErrorContains(t, err, "connection refused")
}

func TestAPortInUseIsSaid(t *testing.T) {
	m := open(t)
	_, err := mesh.New(mesh.Options{Cache: "demo", Listen: m.Addrs()})
	assert.ErrorContains(t, err, "the port is in use")
}

func TestWrongOptionsAreAllNamed(t *testing.T) {
	_, err := mesh.New(mesh.Options{})
	assert.ErrorContains(t, err, "no cache name")
	assert.ErrorContains(t, err, "no address to listen on")
	_, err = mesh.New(mesh.Options{Cache: "demo", Listen: addrs(t, "/ip4/0.0.0.0/tcp/0")})
	assert.ErrorContains(t, err, "without a password anybody may join")
	_, err = open(t).Join("")
	assert.Error(t, err)
}
