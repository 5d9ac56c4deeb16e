package node

import (
	"fmt"
	"testing"

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
