package node

import "net/http"

// programsOnly returns a handler that refuses the requests of web pages. A page that an
// operator has open could otherwise change the node, also by a name that its owner lets
// point to the admin listener. Browsers send Origin or Sec-Fetch-Site with such
// requests. Other programs send neither.
func (n *Node) programsOnly(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		site := r.Header.Get("Sec-Fetch-Site")
		if r.Header.Get("Origin") != "" || site != "" && site != "none" {
			n.log.Warn("admin request of a web page refused: pages may not change a node; use the signalmesh command or curl",
				"method", r.Method, "path", r.URL.Path, "origin", r.Header.Get("Origin"), "client", r.RemoteAddr)
			writeJSON(w, http.StatusForbidden, map[string]string{"error": "web pages may not change a node; use the signalmesh command or curl"})
			return
		}
		n.log.Info("admin request", "method", r.Method, "path", r.URL.Path, "client", r.RemoteAddr)
		h(w, r)
	}
}
