package node

import (
	"cmp"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"

	"github.com/signalmesh/signalmesh/node/door"
	"github.com/signalmesh/signalmesh/node/tlsfiles"
)

// endpointOutput is how many bytes may wait for a client of a Redis endpoint, at least.
const endpointOutput = 32 << 20

// openRedis opens the endpoints for servers that scale out over Redis.
func (n *Node) openRedis() (err error) {
	var pair *tlsfiles.Pair
	if n.o.RedisTLSCert != "" {
		if pair, err = tlsfiles.Open(n.o.RedisTLSCert, n.o.RedisTLSKey, n.log); err != nil {
			return fmt.Errorf("open the Redis endpoint: %w", err)
		}
	}
	for _, a := range n.applications() {
		if a.addr == "" {
			continue
		}
		if err := n.openDoor(a, pair); err != nil {
			return err
		}
	}
	return nil
}

// openDoor opens the endpoint of one application, with TLS unless pair is nil.
func (n *Node) openDoor(a *application, pair *tlsfiles.Pair) error {
	l, err := listen("Redis", a.addr)
	if err != nil {
		return err
	}
	o := door.Options{
		Listener: l, Exchange: a.exchange, Application: a.name,
		Logger: n.log, Metrics: n.metricsOf(a.name), Ready: n.Ready(),
		Credentials: n.credentials(a.name), BeforeAuth: n.o.RedisLimits, Facts: func() []door.Fact { return n.facts(a) },
		Output: max(endpointOutput, n.o.meshMessage()), // one message of a hub must fit
	}
	if pair != nil {
		o.TLS = pair.Config()
	} else {
		n.warnClearText(l.Addr())
	}
	if a.door, err = door.New(o); err != nil {
		_ = l.Close()
		return fmt.Errorf("open the Redis endpoint: %w", err)
	}
	n.opened(a.door.Close)
	return nil
}

// facts returns the rows of INFO about the mesh.
func (n *Node) facts(a *application) []door.Fact {
	c, ready := a.topic.Condition(), n.Readiness()
	return []door.Fact{
		{Key: "signalmesh_version", Value: n.o.Version}, {Key: "signalmesh_cache", Value: n.settings.cache},
		{Key: "signalmesh_name", Value: n.Name()}, {Key: "signalmesh_peer", Value: n.PeerID()},
		{Key: "signalmesh_peer_addresses", Value: strings.Join(n.PeerAddrs(), " ")},
		{Key: "signalmesh_ready", Value: strconv.FormatBool(ready.Ready)}, {Key: "signalmesh_phase", Value: n.Phase().String()},
		{Key: "signalmesh_health", Value: string(c.Health)}, {Key: "signalmesh_health_reason", Value: n.why(c)},
		{Key: "signalmesh_servers", Value: strconv.Itoa(a.topic.Alive() + 1)}, {Key: "signalmesh_servers_missing", Value: strconv.Itoa(c.MissingServers())},
	}
}

// warnClearText warns if clients on other machines send a password of the mesh to an
// endpoint without TLS.
func (n *Node) warnClearText(addr net.Addr) {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok || tcp.IP.IsLoopback() || n.settings.redisPassword != "" {
		return
	}
	n.log.Warn("redis endpoint: clients send a password of the mesh in clear text, and a reader of the traffic could run servers with it; "+
		"give the endpoint TLS (--redis-tls-cert, --redis-tls-key), or a separate password (--redis-password-file)", "addr", addr.String())
}

// RedisAddr is the host:port of the Redis endpoint of the node's application, or "unix:"
// with the path of its socket; empty if there is none.
func (n *Node) RedisAddr() string { return n.own.redisAddr() }

// serveDoor tells what can be seen of a door's clients: that of the node's
// application, or of the one that the request names.
func (n *Node) serveDoor(w http.ResponseWriter, r *http.Request) {
	name := cmp.Or(r.URL.Query().Get("application"), n.own.name)
	for _, a := range n.applications() {
		if a.name == name && a.door != nil {
			writeJSON(w, http.StatusOK, a.door.Census())
			return
		}
	}
	writeJSON(w, http.StatusNotFound, map[string]string{"error": fmt.Sprintf("there is no Redis endpoint of application %q; open one with --redis host:port", name)})
}
