package mesh_test

import (
	"context"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/multiformats/go-multiaddr"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/mesh"
)

// A limited network is that of this machine without some of its address families.
type limited struct {
	net.ListenConfig
	net.Dialer
	without string // "tcp4" or "tcp6"

	mu    sync.Mutex
	taken int // so many times, a port that is given is in use
	asked []string
}

func (l *limited) Listen(ctx context.Context, network, address string) (net.Listener, error) {
	l.mu.Lock()
	l.asked = append(l.asked, network+" "+address)
	fail := func(errno syscall.Errno) error {
		return &net.OpError{Op: "listen", Net: network, Err: os.NewSyscallError("bind", errno)}
	}
	var err error
	switch {
	case network == l.without:
		err = fail(syscall.EAFNOSUPPORT)
	case l.taken > 0 && !strings.HasSuffix(address, ":0"):
		l.taken--
		err = fail(syscall.EADDRINUSE)
	}
	l.mu.Unlock()
	if err != nil {
		return nil, err
	}
	return l.ListenConfig.Listen(ctx, network, address)
}

// ports are the ports of addrs without duplicates, by family.
func ports(t *testing.T, list []multiaddr.Multiaddr) (four, six map[string]bool) {
	four, six = map[string]bool{}, map[string]bool{}
	for _, a := range list {
		port, err := a.ValueForProtocol(multiaddr.P_TCP)
		require.NoError(t, err)
		if _, err := a.ValueForProtocol(multiaddr.P_IP4); err == nil {
			four[port] = true
		} else {
			six[port] = true
		}
	}
	return four, six
}

func everywhere(t *testing.T, network mesh.Network) func(*mesh.Options) {
	return func(o *mesh.Options) {
		o.Listen, o.Network, o.AllowAnonymous = addrs(t, "/ip4/0.0.0.0/tcp/0", "/ip6/::/tcp/0"), network, true
	}
}

// needIPv6 fails a test on a machine without IPv6, where it would prove nothing.
func needIPv6(t *testing.T) {
	l, err := net.Listen("tcp6", "[::1]:0")
	require.NoError(t, err, "this test needs a machine with IPv6 on its loopback interface")
	require.NoError(t, l.Close())
}

func TestBothFamiliesHaveOnePort(t *testing.T) {
	needIPv6(t)
	for _, taken := range []int{0, 1, 7} {
		l := &limited{taken: taken}
		open(t, everywhere(t, l))
		require.Len(t, l.asked, 2*(taken+1)+2)
		port := strings.TrimPrefix(l.asked[len(l.asked)-1], "tcp6 [::]:")
		assert.NotEqual(t, "0", port)
		for _, address := range []string{"127.0.0.1", "::1"} {
			conn, err := net.Dial("tcp", net.JoinHostPort(address, port))
			require.NoError(t, err)
			require.NoError(t, conn.Close())
		}
	}
	l := &limited{taken: 8}
	open(t, everywhere(t, l))
	assert.Equal(t, []string{"tcp4 0.0.0.0:0", "tcp6 [::]:0"}, l.asked[len(l.asked)-2:], "no port is free in both families")
}

func TestAFamilyThatTheMachineDoesNotHaveIsLeftOut(t *testing.T) {
	for without, want := range map[string]string{"tcp6": "/ip4/", "tcp4": "/ip6/"} {
		m := open(t, everywhere(t, &limited{without: without}))
		require.NotEmpty(t, m.Addrs())
		for _, a := range m.Addrs() {
			assert.True(t, strings.HasPrefix(a.String(), want), a)
		}
	}
	_, err := mesh.New(mesh.Options{Cache: "demo", Listen: addrs(t, "/ip6/::1/tcp/0"), Network: &limited{without: "tcp6"}})
	assert.ErrorContains(t, err, "listen for peers on [::1]:0: this machine does not have that address family")
}

func TestAddressesOfBothFamiliesAreAdvertised(t *testing.T) {
	needIPv6(t)
	m := open(t, func(o *mesh.Options) { o.Listen = addrs(t, "/ip4/127.0.0.1/tcp/0", "/ip6/::1/tcp/0") })
	four, six := ports(t, m.Addrs())
	assert.Len(t, four, 1)
	assert.Len(t, six, 1)

	a := join(t, m, "chat")
	for _, address := range m.Addrs() {
		guest := open(t, func(o *mesh.Options) { o.Listen = addrs(t, "/ip6/::1/tcp/0") })
		b := join(t, guest, "chat")
		_, err := guest.Dial(t.Context(), address)
		require.NoError(t, err)
		awaitLinked(t, b, 1)
		require.NoError(t, guest.Close())
		awaitLinked(t, a, 0)
	}

	m = open(t, func(o *mesh.Options) { o.Advertise = addrs(t, "/ip4/192.0.2.1/tcp/1", "/ip6/2001:db8::1/tcp/1") })
	assert.ElementsMatch(t, addrs(t, "/ip4/192.0.2.1/tcp/1", "/ip6/2001:db8::1/tcp/1"), m.Addrs())
}

func TestEveryListenAddressNeedsAPassword(t *testing.T) {
	for _, list := range [][]string{
		{"/ip4/127.0.0.1/tcp/0", "/ip4/0.0.0.0/tcp/0"}, {"/ip6/::1/tcp/0", "/ip6/::/tcp/0"}, {"/ip4/127.0.0.1/tcp/0", "/ip6/2001:db8::1/tcp/0"},
	} {
		_, err := mesh.New(mesh.Options{Cache: "demo", Listen: addrs(t, list...)})
		assert.ErrorContains(t, err, "without a password anybody may join at "+list[1])
	}
	_, err := mesh.New(mesh.Options{Cache: "demo", Listen: addrs(t, "/ip4/127.0.0.1/udp/0")})
	assert.ErrorContains(t, err, "is not an IP address with a TCP port")
	_, err = mesh.New(mesh.Options{Cache: "demo", Listen: addrs(t, loopback), Advertise: addrs(t, strings.Fields(strings.Repeat("/ip4/192.0.2.1/tcp/1 ", 9))...)})
	assert.ErrorContains(t, err, "9 addresses to advertise; the limit is 8")
}

func TestListenAddressesThatOverlapAreNamed(t *testing.T) {
	m := open(t)
	port, err := m.Addrs()[0].ValueForProtocol(multiaddr.P_TCP)
	require.NoError(t, err)
	require.NoError(t, m.Close())
	_, err = mesh.New(mesh.Options{Cache: "demo", AllowAnonymous: true, Listen: addrs(t, "/ip4/0.0.0.0/tcp/"+port, "/ip4/127.0.0.1/tcp/"+port)})
	assert.ErrorContains(t, err, "listen for peers on 127.0.0.1:"+port+": another address to listen on includes it")
}
