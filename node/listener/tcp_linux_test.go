package listener_test

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/signalmesh/signalmesh/node/listener"
)

func TestAcceptedConnectionsHaveATimeLimit(t *testing.T) {
	for deadAfter, want := range map[time.Duration]map[int]int{
		15 * time.Second: {unix.TCP_USER_TIMEOUT: 15000, unix.TCP_KEEPIDLE: 8, unix.TCP_KEEPINTVL: 2, unix.TCP_KEEPCNT: 5},
		time.Second:      {unix.TCP_USER_TIMEOUT: 1000, unix.TCP_KEEPIDLE: 1, unix.TCP_KEEPINTVL: 1, unix.TCP_KEEPCNT: 5},
		0:                {unix.TCP_USER_TIMEOUT: 0},
	} {
		c := accepted(t, open(t, listener.Options{Addr: "127.0.0.1:0", DeadAfter: deadAfter}), "x")
		raw, err := c.(*net.TCPConn).SyscallConn()
		require.NoError(t, err)
		for option, value := range want {
			require.NoError(t, raw.Control(func(fd uintptr) {
				got, err := unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, option)
				assert.NoError(t, err)
				assert.Equal(t, value, got, "option %d with %v", option, deadAfter)
			}))
		}
	}
}

// The network of a client in another namespace is cut. Its connection ends in time,
// whether data was sent to it or not.
func TestAVanishedClientIsNoticed(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root for a network namespace")
	}
	name := fmt.Sprintf("smv%d", os.Getpid())
	ip := func(args ...string) {
		out, err := exec.CommandContext(t.Context(), "ip", args...).CombinedOutput()
		require.NoError(t, err, "ip %v: %s", args, out)
	}
	ip("netns", "add", name)
	t.Cleanup(func() { _ = exec.Command("ip", "netns", "del", name).Run() })
	ip("link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", name)
	ip("addr", "add", "198.18.77.1/30", "dev", name)
	ip("link", "set", name, "up")
	ip("-n", name, "addr", "add", "198.18.77.2/30", "dev", "eth0")
	ip("-n", name, "link", "set", "eth0", "up")

	const deadAfter = 3 * time.Second
	l := open(t, listener.Options{Addr: "198.18.77.1:0", DeadAfter: deadAfter})
	self, err := os.Executable()
	require.NoError(t, err)
	var conns []net.Conn
	for range 2 {
		client := exec.CommandContext(t.Context(), "ip", "netns", "exec", name, self)
		client.Env = append(os.Environ(), vanishing+"="+l.Addr().String())
		client.Stderr = os.Stderr
		require.NoError(t, client.Start())
		t.Cleanup(func() { _ = client.Process.Kill(); _ = client.Wait() })
		c, err := l.Accept()
		require.NoError(t, err)
		t.Cleanup(func() { c.Close() })
		_, err = c.Read(make([]byte, 1))
		require.NoError(t, err)
		conns = append(conns, c)
	}
	ip("-n", name, "link", "set", "eth0", "down")
	began := time.Now()
	_, err = conns[1].Write(make([]byte, 100)) // the first is idle
	require.NoError(t, err)
	for i, c := range conns {
		require.NoError(t, c.SetReadDeadline(began.Add(5*deadAfter)))
		_, err := c.Read(make([]byte, 1))
		assert.True(t, errors.Is(err, syscall.ETIMEDOUT) || errors.Is(err, syscall.EHOSTUNREACH), "connection %d: %v", i, err)
		t.Logf("connection %d ended after %v: %v", i, time.Since(began).Round(time.Millisecond), err)
		assert.Less(t, time.Since(began), 3*deadAfter)
	}
}
