package node

import (
	_ "embed"
	"encoding/json"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/signalmesh/signalmesh/discovery"
	"github.com/signalmesh/signalmesh/mesh"
	"github.com/signalmesh/signalmesh/node/bridge"
)

// A Status is a node as it is shown on the admin listener.
type Status struct {
	Name        string                 `json:"name"`
	Version     string                 `json:"version"`
	Peer        string                 `json:"peer"`
	Addrs       []string               `json:"addrs"`
	Cache       string                 `json:"cache"`
	Application string                 `json:"application"`
	HTTP        string                 `json:"http,omitempty"`
	URL         string                 `json:"url,omitempty"`    // of HTTP; see Node.URL
	Redis       string                 `json:"redis,omitempty"`  // address of the door
	Bridge      *bridge.Status         `json:"bridge,omitempty"` // to the old Redis
	Hubs        []string               `json:"hubs"`             // paths
	HubNames    []HubName              `json:"hubNames"`         // full names in the application, the first 256
	Ready       bool                   `json:"ready"`
	NotReady    []string               `json:"notReady"` // every reason why not
	Joining     []mesh.Pending         `json:"joining"`  // servers that are waited for
	Draining    bool                   `json:"draining"` // Phase is another than Serving
	Phase       Phase                  `json:"phase"`
	Clients     int                    `json:"clients"`         // connections of hubs
	Drain       *DrainStatus           `json:"drain,omitempty"` // the latest; nil if Phase is Serving
	Health      mesh.Health            `json:"health"`
	Why         string                 `json:"why"`            // the health in a sentence
	Missing     []mesh.Missing         `json:"missing"`        // failed servers, and expected servers that were not found
	Expected    int                    `json:"expected"`       // servers, this one included; 0: not known
	Absent      int                    `json:"missingServers"` // number of missing servers; more than Missing if some have no address
	Alerts      []Alert                `json:"alerts"`
	Capacity    CapacityStatus         `json:"capacity"`
	Seconds     float64                `json:"uptimeSeconds"`
	Seeds       []string               `json:"seeds"`
	SeedAddrs   []discovery.SeedStatus `json:"seedAddresses"` // each seed with the results of its last dials
	Members     []mesh.Member          `json:"members"`
	TurnedAway  map[string]uint64      `json:"turnedAway,omitempty"` // connections, by endpoint and cause
	Refused     map[string]uint64      `json:"refused,omitempty"`    // requests and connections of clients, by cause
	Others      []ApplicationStatus    `json:"otherApplications"`    // that have a Redis endpoint here
}

// Status says how the node is.
func (n *Node) Status() Status {
	c, ready := n.topic.Condition(), n.Readiness()
	phase, _ := n.life.watch()
	s := Status{
		Name: n.Name(), Version: n.o.Version, Peer: n.PeerID(), Addrs: n.PeerAddrs(),
		Cache: n.settings.cache, Application: n.settings.application, HTTP: n.HTTPAddr(), URL: n.URL(), Redis: n.RedisAddr(),
		Ready: ready.Ready, NotReady: ready.Reasons, Joining: n.joining(), Draining: phase != Serving, Phase: phase, Clients: n.clients(), Drain: n.drainStatus(),
		Health: c.Health, Why: n.why(c),
		Missing: append([]mesh.Missing{}, c.Missing...), Expected: c.Expected, Absent: c.MissingServers(), Alerts: n.alerts.look(time.Now()), Capacity: n.capacity.status(),
		Seconds: time.Since(n.started).Seconds(), Hubs: []string{}, HubNames: n.fullNames(n.own), Seeds: []string{}, Members: shown(n.topic.Members()),
		Bridge: n.own.bridgeStatus(), Others: n.otherStatus(), TurnedAway: n.turnedAway(), Refused: n.refusedRequests(),
	}
	for _, h := range n.o.Hubs {
		s.Hubs = append(s.Hubs, h.Path)
	}
	s.SeedAddrs = n.loop.Seeds()
	for _, seed := range n.settings.seeds {
		s.Seeds = append(s.Seeds, seed.String())
	}
	return s
}

// shown returns the members without those that are gone and not missing: they were
// removed from the list or replaced.
func shown(members []mesh.Member) []mesh.Member {
	return slices.DeleteFunc(members, func(m mesh.Member) bool { return m.State == "gone" && !m.Missing })
}

// alive returns how many members are alive.
func alive(members []mesh.Member) (n int) {
	for _, m := range members {
		if m.State == "alive" {
			n++
		}
	}
	return n
}

// clock returns a time of day, with the date if that is not today's.
func clock(t time.Time) string {
	if time.Since(t) > 20*time.Hour {
		return t.Format(time.DateTime)
	}
	return t.Format(time.TimeOnly)
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// within reports whether a text repeats one of the reasons.
func within(reasons []string, text string) bool {
	return slices.ContainsFunc(reasons, func(r string) bool { return strings.Contains(text, r) })
}

//go:embed status.html
var statusPage string

var statusTemplate = template.Must(template.New("status").Funcs(template.FuncMap{
	"within":  within,
	"seconds": func(s float64) string { return time.Duration(s * float64(time.Second)).Round(time.Second).String() },
	"short":   func(id string) string { return id[max(0, len(id)-8):] },
	"clock":   clock,
	"rfc3339": func(t time.Time) string { return t.Format(time.RFC3339) },
	"alive":   alive,
	"silent":  func(d time.Duration) string { return d.Round(100 * time.Millisecond).String() },
}).Parse(statusPage))

// adminHandler serves what operators ask: health, readiness, metrics, status.
func (n *Node) adminHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", n.serveHealth)
	mux.HandleFunc("GET /readyz", n.serveReady)
	mux.HandleFunc("GET /api/status", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, http.StatusOK, n.Status()) })
	mux.HandleFunc("GET /api/settings", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, http.StatusOK, n.settings.Rows) })
	mux.HandleFunc("GET /api/door", n.serveDoor)
	n.routeControl(mux)
	mux.HandleFunc("DELETE /api/members/{server}", n.programsOnly(n.serveRemoveMissing))
	mux.HandleFunc("GET /{$}", n.serveStatus)
	if g, ok := n.o.Metrics.(prometheus.Gatherer); ok {
		mux.Handle("GET /metrics", promhttp.HandlerFor(g, promhttp.HandlerOpts{}))
	}
	return mux
}

// A HealthReport is the answer to /healthz. No list is nil.
type HealthReport struct {
	Health      mesh.Health    `json:"health"`
	Servers     int            `json:"servers"` // others that are alive
	Text        string         `json:"text"`    // the health in a sentence
	Silent      []string       `json:"silent"`
	WithoutLink []string       `json:"withoutLink"`
	Missing     []mesh.Missing `json:"missing"`
	Absent      int            `json:"missingServers"` // number of missing servers; see Status
	Expected    int            `json:"expected"`       // servers, this one included; 0: not known
}

// serveHealth answers with the health of the mesh. The status code is always 200, since
// a node that is alone still serves its own clients.
func (n *Node) serveHealth(w http.ResponseWriter, _ *http.Request) {
	c := n.topic.Condition()
	writeJSON(w, http.StatusOK, HealthReport{
		Health: c.Health, Servers: c.Servers, Text: n.why(c), Silent: list(c.Silent), WithoutLink: list(c.Round),
		Missing: append([]mesh.Missing{}, c.Missing...), Absent: c.MissingServers(), Expected: c.Expected,
	})
}

// list is names as JSON: an empty list is not null.
func list(names []string) []string { return append([]string{}, names...) }

// serveReady says whether clients should be sent here.
func (n *Node) serveReady(w http.ResponseWriter, _ *http.Request) {
	r := n.Readiness()
	code := http.StatusOK
	if !r.Ready {
		code = http.StatusServiceUnavailable
	}
	writeJSON(w, code, map[string]any{"ready": r.Ready, "reasons": r.Reasons, "draining": n.Phase() != Serving})
}

func (n *Node) serveStatus(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	if err := statusTemplate.Execute(w, n.Status()); err != nil {
		n.log.Debug("status page not written", "err", err)
	}
}

func writeJSON(w http.ResponseWriter, code int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(v) // the client went away: nobody to tell
}
