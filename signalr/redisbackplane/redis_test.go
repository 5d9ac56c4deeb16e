package redisbackplane_test

import (
	"context"
	"net"
	"os/exec"
	"testing"
	"time"

	"github.com/redis/rueidis"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/signalmesh/signalmesh/signalr/redisbackplane"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long the tests wait for what should happen.
const patience = 20 * time.Second

// A redis is a redis-server of a test.
type redis struct {
	t       testing.TB
	address string
	command *exec.Cmd
}

// startRedis starts a server that ends with the test. It keeps more for a slow
// subscriber than by default, since the promise of back-pressure is not Redis'.
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
	r.command = exec.Command("redis-server", "--bind", "127.0.0.1", "--port", port, "--save", "", "--appendonly", "no",
		"--client-output-buffer-limit", "pubsub 512mb 512mb 60", "--loglevel", "warning")
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

// restart starts the server again after a stop, at the same address.
func (r *redis) restart() {
	r.start()
	require.True(r.t, r.answers())
}

// open opens a backplane that ends with the test.
func (r *redis) open(change ...func(*redisbackplane.Options)) *redisbackplane.Backplane {
	o := redisbackplane.Options{Address: r.address, ChannelPrefix: "app:"}
	for _, f := range change {
		f(&o)
	}
	ctx, cancel := context.WithTimeout(r.t.Context(), patience)
	defer cancel()
	b, err := redisbackplane.New(ctx, o)
	require.NoError(r.t, err)
	r.t.Cleanup(func() { assert.NoError(r.t, b.Close()) })
	return b
}

// client is somebody else's connection to Redis.
func (r *redis) client() rueidis.Client {
	c, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: []string{r.address}, ForceSingleClient: true, DisableCache: true})
	require.NoError(r.t, err)
	r.t.Cleanup(c.Close)
	return c
}
