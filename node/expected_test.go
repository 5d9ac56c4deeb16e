package node_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/mesh"
	"github.com/signalmesh/signalmesh/node"
)

// soon is a short ExpectAfter.
const soon = 200 * time.Millisecond

// awaitHealth waits until the condition of a node is right.
func awaitHealth(t *testing.T, n *node.Node, what string, right func(mesh.Condition) bool) mesh.Condition {
	t.Helper()
	require.Eventually(t, func() bool { return right(n.Topic().Condition()) }, 25*time.Second, 5*time.Millisecond, what)
	return n.Topic().Condition()
}

// listing writes a client.ncconf that lists three servers on loopback, with one port.
func listing(t *testing.T, port int) string {
	path := filepath.Join(t.TempDir(), "client.ncconf")
	conf := fmt.Sprintf(`<configuration><ncache-server port="%d" retry-interval="1" connection-retries="5"/>
<cache id="demo"><server name="127.0.0.1"/><server name="127.0.0.2"/><server name="127.0.0.3"/></cache></configuration>`, port)
	require.NoError(t, os.WriteFile(path, []byte(conf), 0o600))
	return path
}

func TestAListedServerThatIsNotThereIsMissing(t *testing.T) {
	port := freePort(t)
	conf, log := listing(t, port), &journal{}
	start := func(i int, change func(*node.Options)) *node.Node {
		return open(t, func(o *node.Options) {
			o.Listen, o.NCConf, o.Name, o.ExpectAfter = fmt.Sprintf("127.0.0.%d:%d", i, port), conf, fmt.Sprint("web-", i), soon
			if change != nil {
				change(o)
			}
		})
	}
	a := start(1, func(o *node.Options) { o.Logger = log.logger() })
	start(2, nil)
	c := awaitHealth(t, a, "the third is missing", func(c mesh.Condition) bool { return c.Health == mesh.Degraded && len(c.Missing) == 1 })
	third := fmt.Sprintf("127.0.0.3:%d", port)
	assert.Equal(t, third, c.Missing[0].Name)
	assert.True(t, c.Missing[0].Since.IsZero())
	assert.Equal(t, fmt.Sprintf("degraded: expected and not found: %s (connection refused); start it, or remove it from the list of servers", third), c.String())
	require.Eventually(t, func() bool { return strings.Contains(log.String(), "expected server not found") }, 5*time.Second, time.Millisecond)
	_, page := get(t, "http://"+a.AdminAddr()+"/")
	assert.Contains(t, page, `<td>`+third+`</td><td><span class="state missing">missing</span>`)
	_, body := get(t, "http://"+a.AdminAddr()+"/healthz")
	assert.Contains(t, body, `"missing":[{"name":"`+third+`","reason":"connection refused"}],"missingServers":1`)
	_, metrics := get(t, "http://"+a.AdminAddr()+"/metrics")
	assert.Contains(t, metrics, `signalmesh_mesh_missing_members{application="chat"} 1`)
	assert.Contains(t, metrics, `signalmesh_mesh_health{application="chat",health="degraded"} 1`)

	start(3, nil)
	awaitHealth(t, a, "all are there", func(c mesh.Condition) bool { return c.Health == mesh.Healthy && len(c.Missing) == 0 && c.Servers == 2 })
	require.Eventually(t, func() bool { return strings.Contains(log.String(), "expected server found") }, 5*time.Second, time.Millisecond)
	assert.Equal(t, 1, strings.Count(log.String(), "expected server not found"), "127.0.0.1 is this node")
}

func TestAListedServerOfAnotherApplicationIsThere(t *testing.T) {
	port := freePort(t)
	conf := listing(t, port)
	start := func(i int, application string) *node.Node {
		return open(t, func(o *node.Options) {
			o.Listen, o.NCConf, o.ApplicationID, o.ExpectAfter = fmt.Sprintf("127.0.0.%d:%d", i, port), conf, application, soon
		})
	}
	start(3, "billing")
	start(2, "chat")
	a := start(1, "chat")
	awaitHealth(t, a, "the other of the application", func(c mesh.Condition) bool { return c.Servers == 1 })
	<-a.Ready()
	assert.Never(t, func() bool { return len(a.Topic().Condition().Missing) > 0 }, 4*soon, 5*time.Millisecond)
}

func TestTheNumberOfExpectedServers(t *testing.T) {
	log := &journal{}
	a := open(t, func(o *node.Options) { o.ExpectServers, o.ExpectAfter, o.Logger = 3, soon, log.logger() })
	b := open(t, func(o *node.Options) { o.Bootstrap = a.PeerAddrs() })
	c := awaitHealth(t, a, "one is missing", func(c mesh.Condition) bool { return c.Health == mesh.Degraded })
	assert.Equal(t, "degraded: 2 of 3 expected servers; start the others, or correct the number", c.String())
	assert.Equal(t, 3, a.Status().Expected)
	assert.Equal(t, 1, a.Status().Absent)
	open(t, func(o *node.Options) { o.Bootstrap = a.PeerAddrs() })
	awaitHealth(t, a, "three", func(c mesh.Condition) bool { return c.Health == mesh.Healthy })
	require.Eventually(t, func() bool { return strings.Contains(log.String(), "all expected servers are alive") }, 5*time.Second, time.Millisecond)
	require.NoError(t, b.Close())
	awaitHealth(t, a, "it left in order, and is expected all the same", func(c mesh.Condition) bool { return c.Health == mesh.Degraded && len(c.Missing) == 0 })
}

func TestNothingIsMissingAtTheStart(t *testing.T) {
	a := open(t, func(o *node.Options) { o.ExpectServers, o.ExpectAfter = 3, time.Hour })
	open(t, func(o *node.Options) { o.Bootstrap = a.PeerAddrs() })
	c := awaitHealth(t, a, "two servers", func(c mesh.Condition) bool { return c.Servers == 1 })
	assert.Zero(t, c.Expected)
	awaitHealth(t, a, "healthy", func(c mesh.Condition) bool { return c.Health == mesh.Healthy })
}

func TestASingleNodeExpectsNobody(t *testing.T) {
	path := filepath.Join(t.TempDir(), "client.ncconf")
	port := freePort(t)
	require.NoError(t, os.WriteFile(path, fmt.Appendf(nil, `<configuration><ncache-server port="%d"/>
<cache id="demo"><server name="127.0.0.1"/></cache></configuration>`, port), 0o600))
	log := &journal{}
	a := open(t, func(o *node.Options) {
		o.Listen, o.NCConf, o.ExpectServers, o.ExpectAfter, o.Logger = fmt.Sprintf("127.0.0.1:%d", port), path, 1, soon, log.logger()
	})
	c := awaitHealth(t, a, "all are there", func(c mesh.Condition) bool { return c.Expected == 1 })
	assert.Empty(t, c.Missing)
	assert.Zero(t, c.MissingServers())
	assert.NotContains(t, log.String(), "expected server")
}

func TestTheDefaultNameIsThatOfTheHost(t *testing.T) {
	host, err := os.Hostname()
	require.NoError(t, err)
	assert.Equal(t, host, open(t, nil).Name())
	assert.Equal(t, "web-1", open(t, func(o *node.Options) { o.Name = "web-1" }).Name())
}

func TestExpectationsAreChecked(t *testing.T) {
	for text, change := range map[string]func(*node.Options){
		"expect-servers -1":  func(o *node.Options) { o.ExpectServers = -1 },
		"max-connections -1": func(o *node.Options) { o.MaxConnections = -1 },
		"ForgetAfter -1s":    func(o *node.Options) { o.ForgetAfter = -time.Second },
		"ExpectAfter -1s":    func(o *node.Options) { o.ExpectAfter = -time.Second },
	} {
		o := node.Options{NCacheOptions: node.NCacheOptions{CacheName: "demo", ApplicationID: "chat"}}
		change(&o)
		_, err := node.New(context.Background(), o)
		assert.ErrorContains(t, err, text)
	}
}
