package node

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/multiformats/go-multiaddr"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestListenAddressesAreReadAsOperatorsWriteThem(t *testing.T) {
	for text, want := range map[string]string{
		":9800":               "[/ip4/0.0.0.0/tcp/9800 /ip6/::/tcp/9800]",
		"[::]:9800":           "[/ip4/0.0.0.0/tcp/9800 /ip6/::/tcp/9800]",
		"0.0.0.0:9800":        "[/ip4/0.0.0.0/tcp/9800]",
		"/ip6/::/tcp/9800":    "[/ip6/::/tcp/9800]",
		"127.0.0.1:0":         "[/ip4/127.0.0.1/tcp/0]",
		"localhost:9800":      "[/ip4/127.0.0.1/tcp/9800]",
		"[::1]:9800":          "[/ip6/::1/tcp/9800]",
		"[10.0.0.1]:9800":     "[/ip4/10.0.0.1/tcp/9800]",
		"[fe80::1%eth0]:9800": "[/ip6zone/eth0/ip6/fe80::1/tcp/9800]",
	} {
		addrs, err := parseListen(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, fmt.Sprint(addrs), text)
	}
	for text, want := range map[string]string{
		"fd00::5:9800": "write it as host:port, such as 127.0.0.1:9800 or [::1]:9800",
		"web-1:9800":   "names no IP address of this machine",
		":99999":       "has no port from 0 to 65535",
		"/ip4/x":       "is no multiaddr",
	} {
		_, err := parseListen(text)
		assert.ErrorContains(t, err, want, text)
	}
}

func TestSeveralListenAddressesAndTheDefault(t *testing.T) {
	names := NCacheOptions{CacheName: "demo", ApplicationID: "chat", UserID: "hub", Password: "s3cret"}
	s, err := Resolve(Options{NCacheOptions: names, Listen: "127.0.0.1:1, [::1]:2 ,", Advertise: "web-1:9800,[2001:db8::1]:9800"})
	require.NoError(t, err)
	assert.Equal(t, "[/ip4/127.0.0.1/tcp/1 /ip6/::1/tcp/2]", fmt.Sprint(s.listen))
	assert.Equal(t, "[/dns/web-1/tcp/9800 /ip6/2001:db8::1/tcp/9800]", fmt.Sprint(s.advertise))
	assert.Contains(t, s.Rows, Setting{"listen", "127.0.0.1:1, [::1]:2", "options"})

	s, err = Resolve(Options{NCacheOptions: names, Listen: ""})
	require.NoError(t, err)
	assert.Equal(t, "[/ip4/0.0.0.0/tcp/9800 /ip6/::/tcp/9800]", fmt.Sprint(s.listen))
	names.Password = ""
	s, err = Resolve(Options{NCacheOptions: names})
	require.NoError(t, err)
	assert.Equal(t, "[/ip4/127.0.0.1/tcp/9800]", fmt.Sprint(s.listen))
	s, err = Resolve(Options{NCacheOptions: names, AllowAnonymous: true, Environ: []string{"NCacheConfiguration__ConnectionOptions__ClientBindIP=10.0.0.1"}})
	require.NoError(t, err)
	assert.Equal(t, "[/ip4/10.0.0.1/tcp/9800]", fmt.Sprint(s.listen))
}

func TestAPortForPeersThatIsInUseIsPassedOver(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	port := taken.Addr().(*net.TCPAddr).Port
	conf := filepath.Join(t.TempDir(), "client.ncconf")
	require.NoError(t, os.WriteFile(conf, fmt.Appendf(nil, `<configuration><ncache-server port="%d"/><cache id="demo"><server name="192.0.2.1"/></cache></configuration>`, port), 0o600))
	o := Options{NCacheOptions: NCacheOptions{CacheName: "demo", ApplicationID: "chat"}, NCConf: conf, NextPorts: 50}
	n, err := New(t.Context(), o)
	require.NoError(t, err)
	defer n.Close()
	addr, err := multiaddr.NewMultiaddr(n.PeerAddrs()[0])
	require.NoError(t, err)
	got, err := addr.ValueForProtocol(multiaddr.P_TCP)
	require.NoError(t, err)
	assert.NotEqual(t, strconv.Itoa(port), got)

	o.Listen = taken.Addr().String()
	_, err = New(t.Context(), o)
	assert.ErrorContains(t, err, "the port is in use", "an address that was given is not changed")
	assert.Nil(t, nextPort([]multiaddr.Multiaddr{multiaddr.StringCast("/ip4/127.0.0.1/tcp/65535")}), "there is no port after the last")
}
