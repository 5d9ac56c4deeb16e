package node

import (
	"net"
	"net/http"

	"github.com/signalmesh/signalmesh/mesh"
	"github.com/signalmesh/signalmesh/node/listener"
	"github.com/signalmesh/signalmesh/signalr"
)

// Handler serves the hubs, to mount on a mux of your own, at "/" or at each of
// their paths. It answers clients that begin a connection with 503 when the open files
// of the process are nearly used up.
func (n *Node) Handler() http.Handler {
	if n.hubs == nil {
		return http.NotFoundHandler()
	}
	return n.capacity.guard(n.letGo(n.hubs.ServeHTTP))
}

// Hub returns the hub at path, for sends from outside its methods. It is never nil: if
// there is no hub at that path, Hub.Err and whatever is done with it return an error
// that wraps signalr.ErrNoHub.
func (n *Node) Hub(path string) *signalr.Hub {
	if n.hubs == nil {
		return new(signalr.Server).Hub(path)
	}
	return n.hubs.Hub(path)
}

// Topic is the application's mesh, as this node sees it.
func (n *Node) Topic() *mesh.Topic { return n.topic }

// Settings are what the node runs with.
func (n *Node) Settings() *Settings { return n.settings }

// Name is what people know the node by.
func (n *Node) Name() string { return n.settings.name }

// PeerID is the node's libp2p identity.
func (n *Node) PeerID() string { return n.mesh.ID() }

// HTTPAddr is the host:port of the hubs, or "unix:" and the path of their socket; empty
// if there is no listener.
func (n *Node) HTTPAddr() string {
	if n.http == nil {
		return ""
	}
	return hostPort(n.http)
}

// AdminAddr is the host:port of health and metrics; empty if there is no listener.
func (n *Node) AdminAddr() string { return hostPort(n.admin) }

// PeerAddrs are the multiaddrs that peers are told.
func (n *Node) PeerAddrs() []string {
	var addrs []string
	for _, a := range n.mesh.Addrs() {
		addrs = append(addrs, a.String())
	}
	return addrs
}

func hostPort(l net.Listener) string {
	if l == nil {
		return ""
	}
	if l.Addr().Network() == "unix" {
		return listener.UnixPrefix + l.Addr().String()
	}
	return l.Addr().String()
}
