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
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, h := range n.o.Hubs { // paths below a hub's path belong to the hub
			rest, ok := cutPrefixFold(r.URL.Path, h.Path)
			if ok && (rest == "" || rest[0] == '/') {
				hubs.ServeHTTP(w, r)
				return
			}
		}
		n.o.Static.ServeHTTP(w, r)
	})
}

// cutPrefixFold cuts prefix off path without regard to case, as hub paths are
// matched.
func cutPrefixFold(path, prefix string) (rest string, ok bool) {
	if len(path) < len(prefix) || !strings.EqualFold(path[:len(prefix)], prefix) {
		return path, false
	}
	return path[len(prefix):], true
}
