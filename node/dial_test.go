package node_test

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/discovery"
	"github.com/signalmesh/signalmesh/node"
)

// records is a resolver that knows one name.
type records []netip.Addr

func (r records) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	if host != "nodes.test" {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	return slices.Clone(r), nil
}

func TestThreeNodesFindEachOtherThroughOneName(t *testing.T) {
	port := freePort(t)
	var nodes []*node.Node
	for i := range 3 {
		var rotated records // each node's own address comes first
		for j := range 3 {
			rotated = append(rotated, netip.AddrFrom4([4]byte{127, 0, 0, byte((i+j)%3 + 1)}))
		}
		nodes = append(nodes, open(t, func(o *node.Options) {
			o.Listen, o.Resolver = fmt.Sprintf("127.0.0.%d:%d", i+1, port), rotated
			o.Bootstrap = []string{fmt.Sprintf("nodes.test:%d", port)}
		}))
	}
	for _, n := range nodes {
		awaitServers(t, n, 2)
	}
}

func TestNodesMeetOverIPv6(t *testing.T) {
	seed := open(t, func(o *node.Options) { o.Listen = "127.0.0.1:0,[::1]:0" })
	require.Len(t, seed.PeerAddrs(), 2)
	for i, addr := range seed.PeerAddrs() {
		n := open(t, func(o *node.Options) {
			o.Listen = "[::1]:0"
			o.Bootstrap = []string{addr}
		})
		awaitServers(t, n, i+1)
		assert.Regexp(t, `^/ip6/::1/tcp/\d+$`, n.PeerAddrs()[0])
	}
}

// awaitContact waits until contact of n has ended.
func awaitContact(t *testing.T, n *node.Node) discovery.Contact {
	timeout := time.After(20 * time.Second)
	for {
		c, changed := n.Contact()
		if c.Verdict != discovery.Searching {
			return c
		}
		select {
		case <-changed:
		case <-timeout:
			require.FailNow(t, "contact has not ended")
		}
	}
}

func TestEveryRefusalIsOne(t *testing.T) {
	credentials := func(o *node.Options) { o.UserID, o.Password = "hub", "right" }
	seed := open(t, credentials)
	for name, c := range map[string]struct {
		change func(o *node.Options)
		reason string
	}{
		"password":    {func(o *node.Options) { o.Password = "wrong" }, "unknown user or wrong password; check UserID and Password of this node, and the users that one accepts"},
		"no password": {func(o *node.Options) { o.UserID, o.Password = "", "" }, "it needs user and password, and this node has none; set UserID and Password"},
		"cache":       {func(o *node.Options) { o.CacheName = "other" }, `it serves cache "demo", not "other"; check the cache name`},
		"application": {func(o *node.Options) { o.ApplicationID = "other" }, `that server is in application "chat", not in "other"; check --app on both`},
	} {
		t.Run(name, func(t *testing.T) {
			n := open(t, func(o *node.Options) {
				credentials(o)
				c.change(o)
				o.Bootstrap = []string{seed.PeerAddrs()[0]}
			})
			contact := awaitContact(t, n)
			assert.Equal(t, discovery.Refused, contact.Verdict)
			require.Len(t, contact.Reasons, 1)
			assert.Regexp(t, `^refused by 127\.0\.0\.1:\d+: `, contact.Reasons[0])
			assert.Contains(t, contact.Reasons[0], c.reason)
		})
	}
}

func TestAUserThatMayNotJoinTheApplicationIsRefused(t *testing.T) {
	allowed, err := node.UserLine("demo", "hub", "right", []string{"billing"})
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "users.txt")
	require.NoError(t, os.WriteFile(path, []byte(allowed+"\n"), 0o600))
	credentials := func(o *node.Options) { o.UserID, o.Password = "hub", "right" }
	seed := open(t, func(o *node.Options) { credentials(o); o.Users = path })
	n := open(t, func(o *node.Options) { credentials(o); o.Bootstrap = []string{seed.PeerAddrs()[0]} })
	contact := awaitContact(t, n)
	assert.Equal(t, discovery.Refused, contact.Verdict)
	require.Len(t, contact.Reasons, 1)
	// The seed ends the connection, perhaps before this node has a stream to learn why.
	assert.Regexp(t, `does not (let user "hub" into|admit this server to)`, contact.Reasons[0])
}

func TestAMemberOfOneOfTheApplicationsIsMet(t *testing.T) {
	seed := open(t, func(o *node.Options) { o.ApplicationID = "billing" })
	n := open(t, func(o *node.Options) {
		o.RedisFor = []node.RedisDoor{{Addr: "127.0.0.1:0", Application: "billing"}}
		o.Bootstrap = []string{seed.PeerAddrs()[0]}
	})
	assert.Equal(t, discovery.Met, awaitContact(t, n).Verdict)
}
