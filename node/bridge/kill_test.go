package bridge_test

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/multiformats/go-multiaddr"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/signalmesh/signalmesh/mesh"
	"github.com/signalmesh/signalmesh/node/bridge"
)

// victim is the variable that makes the test program a node that bridges, with the
// address of another node and of the old Redis.
const victim, victimRedis = "SIGNALMESH_TEST_VICTIM", "SIGNALMESH_TEST_REDIS"

func TestMain(m *testing.M) {
	if seed := os.Getenv(victim); seed != "" {
		if err := runVictim(seed, os.Getenv(victimRedis)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

// runVictim runs until it is killed, or its standard input ends.
func runVictim(seed, url string) error {
	listen, err := multiaddr.NewMultiaddr("/ip4/127.0.0.1/tcp/0")
	if err != nil {
		return err
	}
	m, err := mesh.New(mesh.Options{Cache: "demo", Listen: []multiaddr.Multiaddr{listen}, Name: "victim", Version: "test"})
	if err != nil {
		return err
	}
	topic, err := m.Join("chat")
	if err != nil {
		return err
	}
	b, err := bridge.New(bridge.Options{Plane: topic, Redis: url, Application: "demo/chat"})
	if err != nil {
		return err
	}
	defer b.Close()
	addr, err := multiaddr.NewMultiaddr(seed)
	if err != nil {
		return err
	}
	ctx, cancel := bound()
	defer cancel()
	if _, err := m.Dial(ctx, addr); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// The process that bridges is killed under load: another takes over within the time
// of a lease, and nobody hears anything twice or out of order.
func TestAnotherNodeTakesOverFromOneThatIsKilled(t *testing.T) {
	r := startRedis(t)
	site := openSite(t, "")
	process := exec.Command(os.Args[0])
	process.Env = append(os.Environ(), victim+"="+site.mesh.Addrs()[0].String(), victimRedis+"="+r.url())
	process.Stderr = os.Stderr
	stdin, err := process.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, process.Start())
	t.Cleanup(func() {
		_ = stdin.Close()
		_ = process.Process.Kill() // it may have ended
		_ = process.Wait()
	})
	require.Eventually(t, func() bool {
		n, err := site.topic.Subscribers(t.Context(), "\x00b")
		return err == nil && n == 1
	}, patience, time.Millisecond, "the other process does not bridge")
	heir := openSite(t, r.url(), site)
	site.awaitServers(2)
	heir.awaitServers(2)

	old, door := dial(t, "old", r.address), dial(t, "door", site.address())
	atOld, atDoor := old.listen("c"), door.listen("c")
	require.Equal(t, 2, door.publish("c", "m-start"))
	taken, published := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(published)
		publishUntil(taken, door, old)
	}()
	atDoor.await("c o10")
	killed := time.Now()
	require.NoError(t, process.Process.Kill())
	require.Eventually(t, func() bool { return heir.bridge.Status().State == bridge.Bridging }, patience, time.Millisecond)
	t.Logf("taken over after %v", time.Since(killed).Round(time.Millisecond))
	awaitBridge(t, site, heir)
	close(taken)
	<-published
	assertOnceInOrder(t, atOld, atDoor)
}
