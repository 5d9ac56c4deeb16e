package ncconf

import (
	"slices"
	"strings"

	"github.com/signalmesh/signalmesh/discovery/diag"
)

// A Cache is one <cache> with everything in effect for it.
type Cache struct {
	// ID is the cache's name as the file writes it. See Name.
	ID     string
	Origin diag.Origin
	// Servers are the seeds in the order of the file, without repeats.
	Servers   []Server
	EndPoints []EndPoint
	// Settings are the node-wide ones, LoadBalancerRetries with the cache's own
	// value where it has one.
	Settings
	// LoadBalance asks for seeds in another order in each process.
	LoadBalance Setting[bool]
	// ClientLogs and LogLevel ("error", "info" or "debug") set how much the mesh logs.
	ClientLogs Setting[bool]
	LogLevel   Setting[string]
	// Credentials are the legacy ones, or nil.
	Credentials *Credentials
}

// Name is the ID in lower case: cache names ignore letter case, so this is what
// meshes are told apart by.
func (c *Cache) Name() string { return strings.ToLower(c.ID) }

// Rows lists every setting in effect by its name in the file, for people.
func (c *Cache) Rows() []Row {
	rows := []Row{
		{"id", c.ID, c.Origin},
		row("port", c.Port),
		row("connection-retries", c.ConnectionRetries),
		row("retry-interval", c.RetryInterval),
		row("retry-connection-delay", c.RetryConnectionDelay),
		row("connection-timeout", c.ConnectionTimeout),
		row("client-request-timeout", c.ClientRequestTimeout),
		row("command-retries", c.CommandRetries),
		row("command-retry-interval", c.CommandRetryInterval),
		row("enable-keep-alive", c.KeepAlive),
		row("keep-alive-interval", c.KeepAliveInterval),
		{"local-server-ip", "", c.LocalIP.Origin},
		row("load-balancer-connection-retries", c.LoadBalancerRetries),
		row("load-balance", c.LoadBalance),
		row("enable-client-logs", c.ClientLogs),
		row("log-level", c.LogLevel),
	}
	if ip := c.LocalIP.Value; ip.IsValid() {
		rows[11].Value = ip.String()
	}
	for _, s := range c.Servers {
		rows = append(rows, Row{"server", s.String(), s.Origin})
	}
	for _, p := range c.EndPoints {
		rows = append(rows, Row{"end-point", p.String(), p.Origin})
	}
	if c.Credentials != nil {
		rows = append(rows, Row{"security", hidden, c.Credentials.Origin})
	}
	return rows
}

// unusedCache are attributes of <cache> without a meaning in a mesh, with the
// values that need no mention.
var unusedCache = map[string]string{
	"client-cache-id":                  "",
	"client-cache-syncmode":            "optimistic",
	"skip-client-cache-if-unavailable": "true",
	"reconnect-client-cache-interval":  "10",
	"default-readthru-provider":        "",
	"default-writethru-provider":       "",
	"server-runtime-context":           "ncache",
}

// readCache reads one <cache> that has an id.
func readCache(r *report, e *element, o Options, node Settings) *Cache {
	s := newSection(r, e, o)
	c := &Cache{ID: s.word(s.take("id")).Value, Origin: e.at, Settings: node}
	balance := s.take("load-balance")
	c.LoadBalance = s.flag(balance, true)
	if c.LoadBalance.Value && !c.LoadBalance.Origin.IsDefault() {
		s.attribute(diag.Notice, e, balance, "%s: each process dials the servers in an order of its own; "+
			"moving clients to the least loaded server has no meaning when every node serves itself", balance.shown())
	}
	c.ClientLogs = s.flag(s.take("enable-client-logs"), false)
	c.LogLevel = s.logLevel(s.take("log-level"))
	if e.attr("load-balancer-connection-retries") != nil {
		if own := s.loadBalancerRetries(0); own.Value != 0 {
			c.LoadBalancerRetries = own
		}
	}
	s.known = append(s.known, "load-balancer-connection-retries")
	c.Servers = readServers(r, e, o, node.Port.Value)
	c.EndPoints = readEndPoints(r, e, o)
	c.Credentials = readSecurity(r, e, o)
	s.summarise(s.unused(unusedCache))
	s.done("server", "server-end-point", "security")
	if len(c.Servers) == 0 && !r.brokenServer(e) {
		noServer(r, e, o)
	}
	return c
}

// brokenServer says that a server is missing from the list because of an error,
// which is reported and tells more than that the list is empty.
func (r *report) brokenServer(cache *element) bool {
	return r.Failed() && slices.ContainsFunc(cache.all("server"), func(e *element) bool {
		a := e.attr("name")
		return a != nil && strings.TrimSpace(a.value) != ""
	})
}

func noServer(r *report, e *element, o Options) {
	if o.ServersElsewhere {
		r.element(diag.Notice, e, "%s lists no <server>; the servers given elsewhere are used", tagOf(e))
		return
	}
	r.element(diag.Error, e, `%s lists no <server>; add <server name="10.0.0.1"/>`, tagOf(e))
}

func (s *section) logLevel(a *attribute) Setting[string] {
	v := s.word(a)
	v.Value = strings.ToLower(v.Value)
	switch v.Value {
	case "error", "info", "debug":
		return v
	case "":
	default:
		s.attribute(diag.Warning, s.e, a, `%s is not "error", "info" or "debug"; "error" is used`, a.shown())
	}
	return byDefault("error")
}
