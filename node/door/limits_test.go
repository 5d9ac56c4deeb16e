package door_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/node/door"
)

// unauthenticated opens a site with the password "secret" and limits.
func unauthenticated(t *testing.T, l door.AuthLimits) (site, *journal, func(reason string) int) {
	s, log, registry := watched(t, func(o *door.Options) {
		o.Credentials, o.BeforeAuth = &ledger{passwords: map[string]string{"": "secret", "shop": "of shop"}}, l
	})
	return s, log, func(reason string) int { return ended(t, registry, reason) }
}

func TestTheTimeBeforeAuthIsLimited(t *testing.T) {
	s, log, ended := unauthenticated(t, door.AuthLimits{Timeout: 50 * time.Millisecond})
	idle, half := dial(t, s.addr()), dial(t, s.addr())
	half.send("*2\r\n$4\r\nAUTH\r\n$6\r\nsec")
	assert.Empty(t, idle.rest(), "as in Redis, an idle connection is closed without a word")
	assert.Empty(t, half.rest())
	assert.Equal(t, 2, ended("time"))
	assert.Len(t, log.warnings(), 1)
	w := dial(t, s.addr())
	require.Equal(t, "+OK\r\n", w.ask("AUTH", "secret"))
	assert.Empty(t, dial(t, s.addr()).rest(), "the timeout of a later connection has passed")
	assert.Equal(t, "+PONG\r\n", w.ask("PING"), "it has authenticated")
	require.Equal(t, "+RESET\r\n", w.ask("RESET"))
	assert.Empty(t, w.rest(), "the limits apply again")
}

func TestTheCommandsBeforeAuthAreLimited(t *testing.T) {
	s, log, ended := unauthenticated(t, door.AuthLimits{Commands: 5})
	w := dial(t, s.addr())
	w.send(strings.Repeat("PING\r\n", 1000))
	assert.Equal(t, strings.Repeat("-NOAUTH Authentication required.\r\n", 5)+"-ERR signalmesh: too many commands before AUTH; send AUTH first\r\n", w.rest())
	assert.Equal(t, 1, ended("commands"))
	assert.Len(t, log.warnings(), 1)
	w = dial(t, s.addr())
	w.send(strings.Repeat("PING\r\n", 4) + "AUTH secret\r\n" + strings.Repeat("PING\r\n", 1000))
	for range 4 {
		require.Contains(t, w.reply(), "-NOAUTH")
	}
	require.Equal(t, "+OK\r\n", w.reply())
	for range 1000 {
		require.Equal(t, "+PONG\r\n", w.reply())
	}
}

// A client that has no password, sends its handshake and leaves is counted, and logged
// once a minute.
func TestAClientWithoutAPasswordIsReported(t *testing.T) {
	s, log, ended := unauthenticated(t, door.AuthLimits{})
	for i, handshake := range []string{array("CLIENT", "SETNAME", "web-1") + array("ECHO", "x"), array("HELLO", "3")} {
		w := dial(t, s.addr())
		w.send(handshake)
		require.Contains(t, w.reply(), "-NOAUTH")
		require.NoError(t, w.Close())
		require.Eventually(t, func() bool { return ended("no_password") == i+1 }, patience, tick)
	}
	assert.Len(t, log.warnings(), 1)
	assert.Contains(t, log.String(), "without a password, and left; give it the password of the endpoint")

	silent, wrong, right := dial(t, s.addr()), dial(t, s.addr()), dial(t, s.addr())
	require.NoError(t, silent.Close()) // as the check of a load balancer does
	wrong.ask("AUTH", "wrong")
	wrong.ask("PING")
	require.NoError(t, wrong.Close())
	right.ask("PING")
	require.Equal(t, "+OK\r\n", right.ask("AUTH", "secret"))
	require.NoError(t, right.Close())
	require.Eventually(t, func() bool { return len(s.Census().Clients) == 0 }, patience, tick)
	assert.Equal(t, 2, ended("no_password"), "these have another fault, or none")
}

func TestTheInputBeforeAuthIsLimited(t *testing.T) {
	s, _, ended := unauthenticated(t, door.AuthLimits{Input: 4 << 10})
	w := dial(t, s.addr())
	w.send(array("PING", strings.Repeat("x", 3000)))
	require.Contains(t, w.reply(), "-NOAUTH")
	w.send(array("PING", strings.Repeat("x", 3000))[:2000])
	assert.Contains(t, w.rest(), "too much input before AUTH")
	assert.Equal(t, 1, ended("input"))
	w = dial(t, s.addr())
	w.send("AUTH secret\r\n" + array("ECHO", strings.Repeat("x", 100_000)))
	assert.Equal(t, "+OK\r\n", w.reply())
	assert.Equal(t, bulk(strings.Repeat("x", 100_000)), w.reply(), "the limit does not count what follows AUTH")
}

// A client that does not read its replies is cut before they use much memory.
func TestTheOutputBeforeAuthIsLimited(t *testing.T) {
	s, log, ended := unauthenticated(t, door.AuthLimits{Output: 100})
	w := dial(t, s.addr())
	w.send(strings.Repeat("PING\r\n", 10)) // the replies to one read are written together
	_, _ = io.ReadAll(w.Conn)              // the connection may be reset
	require.Eventually(t, func() bool { return ended("output") == 1 }, patience, time.Millisecond)
	require.Eventually(t, func() bool {
		return strings.Contains(log.String(), "does not read its replies, and has not authenticated")
	}, patience, time.Millisecond, "logged after it is counted")
	w = dial(t, s.addr())
	require.Equal(t, "+OK\r\n", w.ask("AUTH", "secret"))
	assert.Equal(t, bulk(strings.Repeat("x", 5000)), w.ask("ECHO", strings.Repeat("x", 5000)), "the limit is lifted")
	w.send("RESET\r\nPING\r\n")
	assert.Equal(t, "+RESET\r\n", w.reply())
	assert.Contains(t, w.reply(), "-NOAUTH")
}

func TestANewConnectionReplacesASilentOne(t *testing.T) {
	s, log, ended := unauthenticated(t, door.AuthLimits{PerAddress: 3})
	member := dial(t, s.addr())
	require.Equal(t, "+OK\r\n", member.ask("AUTH", "secret"))
	var silent []*wire
	for range 3 {
		silent = append(silent, dial(t, s.addr()))
	}
	for range 10 {
		w := dial(t, s.addr())
		require.Equal(t, "+OK\r\n", w.ask("AUTH", "secret"), "silent connections keep nobody out")
	}
	assert.Contains(t, silent[0].rest(), "too many connections that have not authenticated; try again")
	assert.Equal(t, 1, ended("displaced"), "a client that authenticates gives its place back")
	assert.Len(t, log.warnings(), 1)
	assert.Equal(t, "+PONG\r\n", member.ask("PING"), "who has authenticated has no such place")
}

func TestClientsAreLimited(t *testing.T) {
	s, _, registry := watched(t, func(o *door.Options) { o.MaxClients = 2 })
	a, b := dial(t, s.addr()), dial(t, s.addr())
	a.ask("PING")
	b.ask("PING")
	assert.Equal(t, "-ERR max number of clients reached\r\n", dial(t, s.addr()).rest())
	assert.Equal(t, 1, ended(t, registry, "full"))
	require.NoError(t, a.Close())
	require.Eventually(t, func() bool { return len(s.Census().Clients) == 1 }, patience, time.Millisecond)
	assert.Equal(t, "+PONG\r\n", dial(t, s.addr()).ask("PING"))
}

// Close does not wait for clients that do not read.
func TestCloseDoesNotWaitForAClientThatDoesNotRead(t *testing.T) {
	s := sites(t, 1, nil)[0]
	w := dial(t, s.addr())
	w.ask("SUBSCRIBE", "c")
	p := dial(t, s.addr())
	payload := strings.Repeat("x", 1<<20)
	for range 20 { // more than the system takes
		require.Equal(t, ":1\r\n", p.ask("PUBLISH", "c", payload))
	}
	begun := time.Now()
	require.NoError(t, s.Close())
	assert.Less(t, time.Since(begun), 5*time.Second)
}

func TestWrongLimitsAreNamed(t *testing.T) {
	_, err := door.New(door.Options{BeforeAuth: door.AuthLimits{Timeout: -1, Commands: -1, Guesses: -1}})
	for _, name := range []string{"Timeout", "Commands", "Guesses"} {
		assert.ErrorContains(t, err, fmt.Sprintf("BeforeAuth.%s -", name))
	}
}

func TestLongPatternsAreRefused(t *testing.T) {
	w := dial(t, sites(t, 1, nil)[0].addr())
	long := strings.Repeat("a", 4<<10)
	assert.Equal(t, "-ERR signalmesh: pattern of 4097 bytes; at most 4096 are allowed\r\n", w.ask("PSUBSCRIBE", long+"*"))
	w.command("PSUBSCRIBE", long, long+"b", "c*")
	assert.Equal(t, subscribed("psubscribe", long, 1), w.reply())
	assert.Contains(t, w.reply(), "-ERR signalmesh: pattern of 4097 bytes")
	assert.Equal(t, subscribed("psubscribe", "c*", 2), w.reply())
}

// A pipes is a listener whose connections have no buffers: a write lasts until it is read.
type pipes struct {
	conns chan net.Conn
	once  sync.Once
	done  chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case nc := <-p.conns:
		return nc, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.done) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipes", Net: "unix"} }

func (p *pipes) dial(t *testing.T) *wire {
	ours, theirs := net.Pipe()
	t.Cleanup(func() { _ = ours.Close() })
	p.conns <- theirs
	return &wire{t, ours, bufio.NewReader(ours)}
}

// A client that returns receives the message whose write was in progress and all later
// ones, once and in order.
func TestTheWriteInProgressIsReplayed(t *testing.T) {
	p := &pipes{conns: make(chan net.Conn), done: make(chan struct{})}
	s := sites(t, 1, func(o *door.Options) {
		require.NoError(t, o.Listener.Close())
		o.Listener, o.Replay = p, time.Minute
	})[0]
	app, publisher := p.dial(t), p.dial(t)
	app.ask("CLIENT", "SETNAME", "web-1")
	app.ask("SUBSCRIBE", "c")
	const messages = 5
	for i := range messages {
		require.Equal(t, ":1\r\n", publisher.ask("PUBLISH", "c", fmt.Sprint(i)))
	}
	require.NoError(t, app.Close())
	require.Eventually(t, func() bool { return len(s.Census().Clients) == 1 }, patience, time.Millisecond)
	again := p.dial(t)
	again.ask("CLIENT", "SETNAME", "web-1")
	require.Equal(t, subscribed("subscribe", "c", 1), again.ask("SUBSCRIBE", "c"))
	for i := range messages {
		require.Equal(t, message("c", fmt.Sprint(i)), again.reply())
	}
	require.Equal(t, ":1\r\n", publisher.ask("PUBLISH", "c", "end"))
	assert.Equal(t, message("c", "end"), again.reply(), "nothing twice")
}
