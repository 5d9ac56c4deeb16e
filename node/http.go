package node

import (
	"net/http"
	"strings"
)

// handler serves the hubs, and at all other paths what the application adds.
func (n *Node) handler() http.Handler {
	hubs := n.Handler()
	if n.o.Static == nil {
		return hubs
	}
	return n.forwarded(n.letGo(func(w http.ResponseWriter, r *http.Request) {
		for _, h := range n.o.Hubs { // paths below a hub's path belong to the hub
			rest, ok := cutPrefixFold(r.URL.Path, h.Path)
			if ok && (rest == "" || rest[0] == '/') {
				hubs.ServeHTTP(w, r)
				return
			}
		}
		n.o.Static.ServeHTTP(w, r)
	}))
}

// cutPrefixFold cuts prefix off path without regard to case, as hub paths are
// matched.
func cutPrefixFold(path, prefix string) (rest string, ok bool) {
	if len(path) < len(prefix) || !strings.EqualFold(path[:len(prefix)], prefix) {
		return path, false
	}
	return path[len(prefix):], true
}

// letGo serves with h. While the node is not in service, it asks for the TCP connection
// to be closed after each response, so that the next request reaches another server.
// Requests of an open SignalR connection are excepted: behind a load balancer that
// chooses a server for each TCP connection, they would reach the wrong server.
func (n *Node) letGo(h http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n.Phase() != Serving && !r.URL.Query().Has("id") {
			w.Header().Set("Connection", "close")
		}
		h(w, r)
	})
}
