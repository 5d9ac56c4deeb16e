package signalr

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/signalmesh/signalmesh/signalr/forwarded"
	"github.com/signalmesh/signalmesh/signalr/hosts"
)

// originCheck returns what decides on the Origin of WebSockets.
func (o Options) originCheck() func(*http.Request) bool {
	if o.CheckOrigin != nil {
		return o.CheckOrigin
	}
	return func(r *http.Request) bool {
		origin := r.Header.Get("Origin")
		return origin == "" || o.allows(origin) || sameOrigin(r, origin)
	}
}

// sameOrigin reports whether an origin is that of the request itself, as far as it can
// be known behind proxies. The host names must be equal. The ports must be equal, unless
// Host has none, or the default of HTTP or HTTPS, which proxies drop and add. The
// schemes must be equal if that of the request is known.
func sameOrigin(r *http.Request, origin string) bool {
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" || origin != u.Scheme+"://"+u.Host || u.Scheme != "http" && u.Scheme != "https" {
		return false
	}
	if scheme := forwarded.Scheme(r); scheme != "" && scheme != u.Scheme {
		return false
	}
	_, port := hosts.Split(strings.TrimPrefix(foldOrigin(origin), u.Scheme+"://"))
	name, _ := hosts.Split(u.Host)
	ownName, ownPort := hosts.Split(r.Host)
	if ownPort == "80" || ownPort == "443" {
		ownPort = ""
	}
	return name == ownName && (ownPort == "" || ownPort == port)
}

// originRemedy returns the text that describes how to allow an origin.
func originRemedy(origin string) string {
	u, err := url.Parse(origin)
	if err != nil || u.Scheme == "" || u.Host == "" {
		return "pages without an origin, such as files and sandboxed frames, cannot be allowed: serve the page over HTTP"
	}
	return "if pages from there may use the hub, add it to AllowedOrigins (--allow-origin " + u.Scheme + "://" + u.Host +
		"); if it is the address of this site, let the proxy pass on the Host header, or X-Forwarded-Host with TrustedProxies (--trusted-proxies)"
}

// checkHost answers a request that has a name in its Host header under which no hub is
// served, which it reports with false.
func (s *Server) checkHost(w http.ResponseWriter, r *http.Request) bool {
	if s.hostAllowed(r) {
		return true
	}
	name, _ := hosts.Split(r.Host)
	s.refusals.note(refusedHost, name, "request refused: its Host is not a name of this server; if clients use that name, add it to AllowedHosts (--allowed-hosts "+name+")",
		"path", r.URL.Path, "host", r.Host, "client", r.RemoteAddr)
	text(w, http.StatusForbidden, "This host name is not allowed.")
	return false
}

// hostAllowed reports whether hubs are served under the Host of a request. Without
// AllowedHosts every name is allowed, with one exception: if the request came to a
// loopback address, not from a trusted proxy, and Host has the port of that listener,
// the name must be one of this machine. Otherwise a page whose name was made to point
// at loopback could use the hubs as part of that page's origin.
func (s *Server) hostAllowed(r *http.Request) bool {
	names := s.names
	if !names.Empty() {
		return names.Allow(r.Host)
	}
	to, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	if !ok || !to.IP.IsLoopback() || s.proxies.Trust(r.RemoteAddr) || forwarded.Applied(r) {
		return true
	}
	_, port := hosts.Split(r.Host)
	if port == "" {
		port = "80"
		if r.TLS != nil {
			port = "443"
		}
	}
	return port != strconv.Itoa(to.Port) || names.Allow(r.Host)
}

// behind returns TrustedProxies and AllowedHosts, which complete has checked.
func (o Options) behind() (forwarded.Proxies, hosts.Names) {
	proxies, _ := forwarded.Parse(o.TrustedProxies)
	names, _ := hosts.Parse(o.AllowedHosts)
	return proxies, names
}

// wrongBehind returns every reason why TrustedProxies and AllowedHosts are wrong.
func (o Options) wrongBehind() (errs []error) {
	if _, err := forwarded.Parse(o.TrustedProxies); err != nil {
		errs = append(errs, fmt.Errorf("trusted proxy %w", err))
	}
	if _, err := hosts.Parse(o.AllowedHosts); err != nil {
		errs = append(errs, fmt.Errorf("allowed host %w", err))
	}
	return errs
}
