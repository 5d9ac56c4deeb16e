package node

import (
	"maps"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/signalmesh/signalmesh/signalr/hosts"
)

// maxHostsLogged limits the number of refused host names that are logged.
const maxHostsLogged = 32

// refused counts what the node's listeners refuse.
type refused struct {
	proxy, host *tally

	mu   sync.Mutex
	told map[string]bool // hosts that were logged
}

// A tally is a counter that can be read.
type tally struct {
	prometheus.Counter
	n atomic.Uint64
}

// Inc implements prometheus.Counter.
func (t *tally) Inc() {
	t.n.Add(1)
	t.Counter.Inc()
}

func newRefused() *refused {
	counter := func(listener, cause string) *tally {
		return &tally{Counter: prometheus.NewCounter(prometheus.CounterOpts{
			Name:        "signalmesh_node_refused_total",
			Help:        "Connections and requests refused, by listener and cause: proxy (no PROXY header of a trusted proxy) or host (see --allowed-hosts). The log has the remedy.",
			ConstLabels: prometheus.Labels{"listener": listener, "cause": cause},
		})}
	}
	return &refused{proxy: counter("http", "proxy"), host: counter("admin", "host"), told: make(map[string]bool)}
}

// adminHosts returns the names of the admin listener.
func (n *Node) adminHosts() []hosts.Names {
	list := []hosts.Names{n.settings.web.hosts}
	adminHost, _ := hosts.Split(n.o.Admin)
	for _, name := range []string{adminHost, n.settings.name} {
		if names, err := hosts.Parse([]string{name}); err == nil && !names.Any() {
			list = append(list, names)
		}
	}
	return list
}

// forItsHosts serves with h the requests that have a name of the admin listener in
// their Host header. A web page whose name was made to point here has another.
func (n *Node) forItsHosts(h http.Handler) http.Handler {
	list := n.adminHosts()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, names := range list {
			if names.Allow(r.Host) {
				h.ServeHTTP(w, r)
				return
			}
		}
		n.refuseHost(r)
		writeJSON(w, http.StatusForbidden, map[string]string{"error": "this host name is not allowed; use an IP address or localhost, or allow the name with --allowed-hosts"})
	})
}

// refuseHost counts a request to the admin listener, and logs the first one of a name.
func (n *Node) refuseHost(r *http.Request) {
	n.refused.host.Inc()
	name, _ := hosts.Split(r.Host)
	n.refused.mu.Lock()
	first := !n.refused.told[name] && len(n.refused.told) < maxHostsLogged
	if first {
		n.refused.told[name] = true
	}
	n.refused.mu.Unlock()
	if first {
		n.log.Warn("admin request refused: its Host is not a name of this listener; if operators use that name, allow it with --allowed-hosts "+name+" (Options.Web.AllowedHosts)",
			"path", r.URL.Path, "host", r.Host, "client", r.RemoteAddr, "logged", "once")
	}
}

// refusedRequests returns how many requests and connections were refused, by cause.
// Causes that have not occurred are left out.
func (n *Node) refusedRequests() map[string]uint64 {
	all := map[string]uint64{}
	if n.hubs != nil {
		maps.Copy(all, n.hubs.Refused())
	}
	for cause, t := range map[string]*tally{"proxy": n.refused.proxy, "admin host": n.refused.host} {
		if count := t.n.Load(); count > 0 {
			all[cause] = count
		}
	}
	return all
}
