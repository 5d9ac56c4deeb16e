package discovery_test

import (
	"testing"
	"time"

	"github.com/multiformats/go-multiaddr"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/discovery"
	"github.com/signalmesh/signalmesh/discovery/appsettings"
	"github.com/signalmesh/signalmesh/discovery/ncconf"
)

// cache reads a cache that has no errors.
func cache(t *testing.T, text, id string) *ncconf.Cache {
	t.Helper()
	f, problems := ncconf.Parse("client.ncconf", []byte(text), ncconf.Options{})
	require.NoError(t, problems.Err())
	c, problems := f.Cache(id)
	require.NoError(t, problems.Err())
	return c
}

const mixed = `<configuration>
<ncache-server port="9800" connection-retries="7" retry-interval="0" retry-connection-delay="20" connection-timeout="3" load-balancer-connection-retries="12"/>
<cache id="hub" load-balance="true">
<server name="10.9.1.40"/>
<server name="web02" port-range="3"/>
<server name="lb" is-load-balancer="true"/>
<server-end-point><end-point private-ip="10.9.1.40" private-port="9800" public-ip="203.0.113.40" public-port="19800"/></server-end-point>
</cache></configuration>`

func TestACacheBecomesSeedsAndAPolicy(t *testing.T) {
	c := cache(t, mixed, "HUB")
	seeds, err := discovery.CacheSeeds(c)
	require.NoError(t, err)
	require.Len(t, seeds, 3)
	var got [][]string
	for _, s := range seeds {
		var addrs []string
		for _, a := range s.Addrs {
			addrs = append(addrs, a.String())
		}
		got = append(got, addrs)
	}
	assert.Equal(t, [][]string{
		{"/ip4/203.0.113.40/tcp/19800"},
		{"/dns/web02/tcp/9800", "/dns/web02/tcp/9801", "/dns/web02/tcp/9802"},
		{"/dns/lb/tcp/9800"},
	}, got)
	assert.Equal(t, []int{0, 0, 12}, []int{seeds[0].Balanced, seeds[1].Balanced, seeds[2].Balanced})
	assert.Equal(t, "client.ncconf:5", seeds[1].Origin.String())

	p := discovery.CachePolicy(c)
	want := discovery.Policy{Retries: 7, Interval: discovery.MinInterval, Delay: 20 * time.Second, DialTimeout: 3 * time.Second, Shuffle: true}
	assert.Equal(t, want, p)
}

func TestAppsettingsWinOverTheFile(t *testing.T) {
	two, zero, off := 2, 0, false
	p := discovery.CachePolicy(cache(t, mixed, "hub")).With(appsettings.ConnectionOptions{
		ConnectionRetries: &two, RetryInterval: &two, RetryConnectionDelay: &zero, LoadBalance: &off,
	})
	assert.Equal(t, discovery.Policy{Retries: 2, Interval: 2 * time.Second, DialTimeout: 3 * time.Second}, p)

	seeds, err := discovery.ListSeeds([]appsettings.ServerAddress{{Name: "web01", Port: 9801}, {Name: "[::1]:9802", Port: 9800}})
	require.NoError(t, err)
	assert.Equal(t, "web01:9801", seeds[0].String())
	assert.Equal(t, "[::1]:9802", seeds[1].String())

	_, err = discovery.ListSeeds([]appsettings.ServerAddress{{Name: "***", Port: 9801}})
	assert.EqualError(t, err, `ServerList:0:Name "***" is a placeholder: the template was never filled in; write the server's address`)
}

func TestAMappingRewritesAdvertisedAddresses(t *testing.T) {
	m, err := discovery.NewMapping(cache(t, mixed, "hub").EndPoints)
	require.NoError(t, err)
	for from, to := range map[string]string{
		"/ip4/10.9.1.40/tcp/9800":           "/ip4/203.0.113.40/tcp/19800",
		"/ip4/10.9.1.40/tcp/9800/p2p/" + id: "/ip4/203.0.113.40/tcp/19800/p2p/" + id,
		"/ip4/10.9.1.40/tcp/9801":           "/ip4/10.9.1.40/tcp/9801",
		"/ip4/10.9.1.40/udp/9800":           "/ip4/10.9.1.40/udp/9800",
	} {
		addr := multiaddr.StringCast(from)
		assert.Equal(t, to, m.Public(addr).String())
		assert.Equal(t, from, discovery.Mapping{}.Public(addr).String())
	}
}
