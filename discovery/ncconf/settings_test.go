package ncconf_test

import (
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/discovery/diag"
	"github.com/signalmesh/signalmesh/discovery/ncconf"
)

// example loads a cache of a file in testdata, in which no version may have an error.
func example(t *testing.T, file, id string) *ncconf.Cache {
	t.Helper()
	f, problems := ncconf.Load(filepath.Join("testdata", file), ncconf.Options{})
	require.NoError(t, problems.Err())
	c, problems := f.Cache(id)
	require.NoError(t, problems.Err())
	return c
}

func servers(c *ncconf.Cache) string {
	var out []string
	for _, s := range c.Servers {
		out = append(out, s.String())
	}
	return strings.Join(out, " ")
}

func TestFilesOfEveryEraAreRead(t *testing.T) {
	for _, c := range []struct{ file, id, servers string }{
		{"one-server-4.4.ncconf", "quotes", "192.0.2.11:9800"},
		{"host-names-4.6.ncconf", "CHATMIRROR", "cache-a.example.net:9800 cache-b.example.net:9800"},
		{"host-names-4.6.ncconf", "sessionstore", "cache-c:9800"},
		{"manager-5.0.ncconf", "tickerHub", "198.51.100.7:9800 198.51.100.8:9800 198.51.100.9:9800"},
		{"open-source-5.ncconf", "boardHub", "203.0.113.21:9800 203.0.113.22:9800"},
		{"near-cache-5.2.ncconf", "auctions", "192.0.2.31:9800 192.0.2.32:9800"},
		{"load-balancer-5.3.ncconf", "scoresHub", "mesh-lb.example.net:9800"},
		{"nat-and-security.ncconf", "dispatch", "203.0.113.40:9800"},
		{"hand-edited.ncconf", "livescores", "LocalHost:9800 web02:9800 web03.internal.example:9800"},
		{"port-range.ncconf", "hubCache", "hub-mesh.default.svc.cluster.local:9800"},
	} {
		t.Run(c.file+" "+c.id, func(t *testing.T) {
			got := example(t, c.file, c.id)
			assert.Equal(t, c.servers, servers(got))
			assert.Equal(t, strings.ToLower(c.id), got.Name())
		})
	}
}

func TestSettingsComeWithTheirLine(t *testing.T) {
	c := example(t, "manager-5.0.ncconf", "tickerHub")
	at := func(line, column int) diag.Origin {
		return diag.Origin{Source: filepath.Join("testdata", "manager-5.0.ncconf"), Line: line, Column: column}
	}
	assert.Equal(t, ncconf.Setting[bool]{Value: true, Origin: at(4, 232)}, c.KeepAlive)
	assert.Equal(t, ncconf.Setting[time.Duration]{Value: 45 * time.Second, Origin: at(4, 257)}, c.KeepAliveInterval)
	assert.Equal(t, ncconf.Setting[time.Duration]{Value: 100 * time.Millisecond, Origin: at(4, 109)}, c.CommandRetryInterval)
	assert.Equal(t, netip.MustParseAddr("198.51.100.7"), c.LocalIP.Value)
	assert.Equal(t, "info", c.LogLevel.Value)
	assert.True(t, c.ClientLogs.Value)
	assert.False(t, c.LoadBalance.Value)
	assert.True(t, c.LoadBalancerRetries.Origin.IsDefault())
	assert.Equal(t, ncconf.DefaultLoadBalancerRetries, c.LoadBalancerRetries.Value)
	assert.Equal(t, 6, c.Servers[0].Origin.Line)
}

func TestTheLegacyElementsAreRead(t *testing.T) {
	c := example(t, "nat-and-security.ncconf", "dispatch")
	assert.Equal(t, netip.MustParseAddr("10.9.0.4"), c.LocalIP.Value)
	require.Len(t, c.EndPoints, 2)
	assert.Equal(t, "10.9.1.40:9800 at 203.0.113.40:19800", c.EndPoints[0].String())
	require.NotNil(t, c.Credentials)
	assert.Equal(t, `corp\svc-hub`, c.Credentials.UserID)
	assert.Equal(t, "change-me", c.Credentials.Password)
}

func TestACacheHasItsOwnBalancerRetries(t *testing.T) {
	c, problems := read(`<configuration><ncache-server port="9800" load-balancer-connection-retries="4"/>
<cache id="a" load-balancer-connection-retries="7"><server name="h" is-load-balancer="true"/></cache></configuration>`, "a", ncconf.Options{})
	require.Empty(t, problems)
	assert.Equal(t, 7, c.LoadBalancerRetries.Value)
	assert.True(t, c.Servers[0].LoadBalancer)
	assert.Equal(t, 3, example(t, "port-range.ncconf", "hubcache").Servers[0].PortRange)
}
