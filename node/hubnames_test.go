package node_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/node"
)

// A server in .NET with its hub in another namespace is at the Redis endpoint of another
// node. Both nodes warn, and name the hubs and the servers.
func TestHubsWithOtherFullNamesAreReported(t *testing.T) {
	var logA, logB logBook
	a := open(t, func(o *node.Options) {
		o.Name, o.Logger, o.Hubs[0].Name, o.ChannelPrefix = "web-1", logA.logger(), "MyApp.Hubs.ChatHub", "chat:"
	})
	b := open(t, func(o *node.Options) {
		o.Name, o.Logger, o.Hubs, o.Redis, o.Bootstrap = "web-2", logB.logger(), nil, "127.0.0.1:0", []string{a.PeerAddrs()[0]}
	})
	<-b.Ready()
	app := redisConn(t, b)
	require.Equal(t, "+OK", app("CLIENT SETNAME APP-7", 1))
	app("SUBSCRIBE chat:MyApp.ChatHub:all chat:MyApp.ChatHub:group:all", 12)
	reported := func(n *node.Node) func() bool {
		return func() bool { return len(n.Status().Alerts) == 1 }
	}
	require.Eventually(t, reported(a), 20*time.Second, 10*time.Millisecond)
	require.Eventually(t, reported(b), 20*time.Second, 10*time.Millisecond)
	assert.Regexp(t, `level=WARN msg="server web-2 has the hub chat:MyApp\.ChatHub, and this one chat:MyApp\.Hubs\.ChatHub: .* give the class the same namespace`, logA.String())
	assert.Regexp(t, `level=WARN msg="server web-1 has the hub chat:MyApp\.Hubs\.ChatHub, and server APP-7 at this node chat:MyApp\.ChatHub: `, logB.String())
	assert.Equal(t, "hub-names", a.Status().Alerts[0].Name)
	want := []node.HubName{{Name: "chat:MyApp.ChatHub", Servers: []string{"web-2"}}, {Name: "chat:MyApp.Hubs.ChatHub", Servers: []string{"web-1"}}}
	assert.Equal(t, want, a.Status().HubNames)
	want[0].Servers[0] = "APP-7"
	assert.Equal(t, want, b.Status().HubNames)
	_, page := get(t, "http://"+a.AdminAddr()+"/")
	assert.Contains(t, page, "<code>chat:MyApp.ChatHub</code>: web-2<br>")
	assert.Contains(t, page, "server web-2 has the hub chat:MyApp.ChatHub")
	_, text := get(t, "http://"+a.AdminAddr()+"/metrics")
	assert.Contains(t, text, "signalmesh_node_hub_name_mismatches_total 1")

	app("UNSUBSCRIBE chat:MyApp.ChatHub:all", 6)
	require.Eventually(t, func() bool { return len(a.Status().Alerts) == 0 && len(b.Status().Alerts) == 0 }, 20*time.Second, 10*time.Millisecond)
	assert.Len(t, a.Status().HubNames, 1)
}

func TestHubsInGoWithOtherNamesAreReported(t *testing.T) {
	var log logBook
	a := open(t, func(o *node.Options) { o.Hubs[0].Name, o.Logger = "chat", log.logger() })
	b := open(t, func(o *node.Options) {
		o.Name, o.Hubs[0].Name, o.Bootstrap = "web-2", "ChatHub", []string{a.PeerAddrs()[0]}
	})
	<-b.Ready()
	require.Eventually(t, func() bool { return len(a.Status().Alerts) == 1 }, 20*time.Second, 10*time.Millisecond)
	assert.Contains(t, log.String(), "server web-2 has the hub ChatHub, and this one chat: ")
}

// The node that dials the other is refused and logs why. The other node is not told of
// the refusal.
func TestANodeWhosePeerIsInAnApplicationOfASimilarNameReportsIt(t *testing.T) {
	var log logBook
	a := open(t, func(o *node.Options) { o.Logger = log.logger() })
	open(t, func(o *node.Options) { o.ApplicationID, o.Bootstrap = "Chat", []string{a.PeerAddrs()[0]} })
	require.Eventually(t, func() bool { return len(a.Status().Alerts) == 1 }, 20*time.Second, 10*time.Millisecond)
	assert.Equal(t, "application", a.Status().Alerts[0].Name)
	assert.Regexp(t, `level=WARN msg="server /ip4/127\.0\.0\.1/tcp/\d+ is in application \\"Chat\\", and this one alone in \\"chat\\": `, log.String())
}
