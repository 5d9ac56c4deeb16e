package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/multiformats/go-multiaddr"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/rueidis"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/mesh"
	"github.com/signalmesh/signalmesh/node/bridge"
	"github.com/signalmesh/signalmesh/node/door"
	"github.com/signalmesh/signalmesh/node/exchange"
)

// patience is how long a test waits for what has to come.
const patience = 20 * time.Second

var _ bridge.Plane = (*mesh.Topic)(nil)

// A redis is a redis-server of a test: the old one.
type redis struct {
	t       testing.TB
	address string
	command *exec.Cmd
}

func startRedis(t testing.TB) *redis {
	r := &redis{t: t}
	require.Eventually(t, func() bool { // somebody else may get the port first
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		r.address = l.Addr().String()
		require.NoError(t, l.Close())
		r.start()
		return r.answers()
	}, patience, time.Millisecond)
	t.Cleanup(r.stop)
	return r
}

func (r *redis) start() {
	_, port, err := net.SplitHostPort(r.address)
	require.NoError(r.t, err)
	r.command = exec.Command("redis-server", "--bind", "127.0.0.1", "--port", port, "--save", "", "--appendonly", "no", "--loglevel", "warning")
	require.NoError(r.t, r.command.Start(), "these tests need redis-server; install it from the system's packages")
}

// answers waits until the server answers. It reports false if it ends instead.
func (r *redis) answers() bool {
	for range 500 {
		if c, err := net.Dial("tcp", r.address); err == nil {
			_, err := c.Write([]byte("PING\r\n"))
			answer := make([]byte, 7)
			if err == nil {
				_, err = c.Read(answer)
			}
			_ = c.Close()
			if err == nil && string(answer) == "+PONG\r\n" {
				return true
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
	r.stop()
	return false
}

// stop ends the server at once.
func (r *redis) stop() {
	_ = r.command.Process.Kill() // it may have ended
	_ = r.command.Wait()
}

func (r *redis) restart() {
	r.start()
	require.True(r.t, r.answers())
}

func (r *redis) url() string { return "redis://" + r.address }

// A site is one node of the mesh with a Redis door.
type site struct {
	t        testing.TB
	mesh     *mesh.Mesh
	topic    *mesh.Topic
	bridge   *bridge.Bridge
	exchange *exchange.Exchange
	door     *door.Door
	metrics  *prometheus.Registry
	close    func() error
}

// openSite opens a node that bridges to url, if that is not empty.
func openSite(t testing.TB, url string, others ...*site) *site {
	s := &site{t: t, metrics: prometheus.NewRegistry()}
	listen, err := multiaddr.NewMultiaddr("/ip4/127.0.0.1/tcp/0")
	require.NoError(t, err)
	s.mesh, err = mesh.New(mesh.Options{Cache: "demo", Listen: []multiaddr.Multiaddr{listen}, Name: t.Name(), Version: "test"})
	require.NoError(t, err)
	s.topic, err = s.mesh.Join("chat")
	require.NoError(t, err)
	s.bridge, err = bridge.New(bridge.Options{Plane: s.topic, Redis: url, Application: "demo/chat", Metrics: s.metrics})
	require.NoError(t, err)
	s.exchange, err = exchange.New(s.bridge)
	require.NoError(t, err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s.door, err = door.New(door.Options{Listener: l, Exchange: s.exchange})
	require.NoError(t, err)
	s.close = sync.OnceValue(func() error {
		return errors.Join(s.door.Close(), s.exchange.Close(), s.bridge.Close(), s.mesh.Close())
	})
	t.Cleanup(func() { assert.NoError(t, s.close()) })
	for _, o := range others {
		_, err := s.mesh.Dial(t.Context(), o.mesh.Addrs()[0])
		require.NoError(t, err)
	}
	return s
}

// openSites opens n nodes that have met; the first so many may bridge to url.
func openSites(t testing.TB, n, bridging int, url string) []*site {
	var sites []*site
	for i := range n {
		u := url
		if i >= bridging {
			u = ""
		}
		sites = append(sites, openSite(t, u, sites...))
	}
	for _, s := range sites {
		s.awaitServers(n - 1)
	}
	return sites
}

// awaitServers waits until s knows what so many others subscribe to.
func (s *site) awaitServers(n int) {
	require.Eventually(s.t, func() bool {
		synced := 0
		for _, m := range s.topic.Members() {
			if m.State == "alive" && m.Synced {
				synced++
			}
		}
		return synced == n
	}, patience, time.Millisecond)
}

// awaitBridge waits until exactly one of the sites bridges and all know it, and
// returns it.
func awaitBridge(t testing.TB, sites ...*site) (active *site) {
	require.Eventually(t, func() bool {
		n := 0
		for _, s := range sites {
			if s.bridge.Status().State == bridge.Bridging {
				active = s
				n++
			}
		}
		for _, s := range sites {
			if known, err := s.topic.Subscribers(t.Context(), "\x00b"); err != nil || s != active && known != 1 {
				return false
			}
		}
		return n == 1
	}, patience, time.Millisecond, "no node bridges")
	return active
}

func (s *site) address() string { return s.door.Addr().String() }

// A client is a client of a Redis or of a door, which it cannot tell apart.
type client struct {
	t testing.TB
	rueidis.Client
	name string
}

func dial(t testing.TB, name, address string) *client {
	c, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: []string{address}, ForceSingleClient: true, DisableCache: true, PipelineMultiplex: -1})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return &client{t, c, name}
}

// publish returns what PUBLISH does.
func (c *client) publish(channel, data string) int {
	n, err := c.Do(c.t.Context(), c.B().Publish().Channel(channel).Message(data).Build()).AsInt64()
	require.NoError(c.t, err, c.name)
	return int(n)
}

func (c *client) numsub(channel string) int {
	m, err := c.Do(c.t.Context(), c.B().PubsubNumsub().Channel(channel).Build()).AsIntMap()
	require.NoError(c.t, err, c.name)
	return int(m[channel])
}

// A listener is a connection that subscribes, and keeps what it hears.
type listener struct {
	t    testing.TB
	c    rueidis.DedicatedClient
	news chan struct{}
	mu   sync.Mutex
	got  []string // "channel data", or "pattern channel data"
}

// listen subscribes on a connection of its own.
func (c *client) listen(channels ...string) *listener {
	connection, release := c.Dedicate()
	c.t.Cleanup(release)
	c.t.Cleanup(connection.Close)
	l := &listener{t: c.t, c: connection, news: make(chan struct{}, 1)}
	connection.SetPubSubHooks(rueidis.PubSubHooks{OnMessage: func(m rueidis.PubSubMessage) {
		l.mu.Lock()
		defer l.mu.Unlock()
		text := m.Channel + " " + m.Message
		if m.Pattern != "" {
			text = m.Pattern + " " + text
		}
		l.got = append(l.got, text)
		select {
		case l.news <- struct{}{}:
		default:
		}
	}})
	l.subscribe(channels...)
	return l
}

func (l *listener) subscribe(channels ...string) {
	if len(channels) > 0 {
		require.NoError(l.t, l.c.Do(l.t.Context(), l.c.B().Subscribe().Channel(channels...).Build()).Error())
	}
}

func (l *listener) psubscribe(patterns ...string) {
	require.NoError(l.t, l.c.Do(l.t.Context(), l.c.B().Psubscribe().Pattern(patterns...).Build()).Error())
}

func (l *listener) unsubscribe(channels ...string) {
	require.NoError(l.t, l.c.Do(l.t.Context(), l.c.B().Unsubscribe().Channel(channels...).Build()).Error())
}

func (l *listener) heard() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.got)
}

// await waits until something was heard, and returns all that was before, with it.
func (l *listener) await(text string) []string {
	l.t.Helper()
	for late := time.After(patience); ; {
		got := l.heard()
		if i := slices.Index(got, text); i >= 0 {
			return got[:i+1]
		}
		select {
		case <-l.news:
		case <-late:
			require.Contains(l.t, got, text)
		}
	}
}

func numbered(format string, n int) (list []string) {
	for i := range n {
		list = append(list, fmt.Sprintf(format, i))
	}
	return list
}

func bound() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), patience)
}
