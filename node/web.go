package node

import (
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/signalmesh/signalmesh/node/listener"
	"github.com/signalmesh/signalmesh/node/tlsfiles"
	"github.com/signalmesh/signalmesh/signalr/forwarded"
	"github.com/signalmesh/signalmesh/signalr/hosts"
)

// defaultTCPTimeout is the TCPTimeout of zero. It is longer than a write to a client may
// take, also where that is longer than usual, by tcpReserve.
const (
	defaultTCPTimeout = 15 * time.Second
	tcpReserve        = 5 * time.Second
)

// Web configures the HTTP listener and the proxies in front of it.
type Web struct {
	// TLSCert and TLSKey are the paths of a certificate with its chain and of its key,
	// both in PEM, with which Options.HTTP serves HTTPS and HTTP/2. The files are read
	// again when they change. Both empty means HTTP/1.1 without encryption.
	TLSCert, TLSKey string
	// ProxyProtocol makes every connection to Options.HTTP begin with a header of the
	// PROXY protocol, as load balancers for TCP send it. Only TrustedProxies may connect
	// then, or processes that have access to the unix socket.
	ProxyProtocol bool
	// TrustedProxies are addresses, networks such as "10.0.0.0/8", and "unix" for all
	// clients of a unix socket. They may send X-Forwarded-For, -Proto and -Host, and the
	// PROXY protocol. They are added to SignalR.TrustedProxies. Empty means none.
	TrustedProxies []string
	// AllowedHosts are the host names under which hubs are served. They are added to
	// SignalR.AllowedHosts, which has the rest, and to the names of the admin listener:
	// those are IP addresses, localhost, the name of the machine, Options.Name, and the
	// host in Options.Admin.
	AllowedHosts []string
	// TCPTimeout is how long a TCP client may leave what it is sent unacknowledged, keep
	// its window closed, or not answer probes, until its connection ends. Zero means 15 s,
	// or 5 s more than SignalR.WriteTimeout if that is more. Negative means that the
	// system decides, which can take 15 minutes.
	TCPTimeout time.Duration
}

// webSettings are the checked and completed values of Web.
type webSettings struct {
	proxies    forwarded.Proxies
	hosts      hosts.Names
	tcpTimeout time.Duration // 0: the system's
}

// web checks Options.Web.
func (r *resolver) web() {
	o, w := r.o, r.o.Web
	given := func(name, value string) { r.s.row(name, value, orDefault(value, o.origin(name))) }
	given("tls-cert", w.TLSCert)
	given("tls-key", w.TLSKey)
	given("trusted-proxies", strings.Join(w.TrustedProxies, ", "))
	given("allowed-hosts", strings.Join(w.AllowedHosts, ", "))
	r.s.row("proxy-protocol", strconv.FormatBool(w.ProxyProtocol), o.origin("proxy-protocol"))
	s, err := &r.s.web, error(nil)
	if s.proxies, err = forwarded.Parse(w.TrustedProxies); err != nil {
		r.fail(fmt.Errorf("trusted-proxies (%s): %w", o.origin("trusted-proxies"), err))
	}
	if s.hosts, err = hosts.Parse(w.AllowedHosts); err != nil {
		r.fail(fmt.Errorf("allowed-hosts (%s): %w", o.origin("allowed-hosts"), err))
	}
	if (w.TLSCert == "") != (w.TLSKey == "") {
		r.fail(errors.New("tls-cert and tls-key belong together; set both, or neither"))
	}
	if w.ProxyProtocol && len(w.TrustedProxies) == 0 && !listener.IsUnix(o.HTTP) {
		r.fail(errors.New("proxy-protocol needs trusted-proxies: the addresses of the load balancers, such as 10.0.0.0/8; without them any client could claim any address"))
	}
	if o.HTTP == "" && (w.TLSCert != "" || w.ProxyProtocol) {
		r.fail(errors.New("tls-cert or proxy-protocol, but no HTTP listener; set http to its host:port"))
	}
	if listener.IsUnix(o.Admin) {
		r.fail(fmt.Errorf("admin %s (%s): the admin listener cannot be a unix socket; write it as host:port", o.Admin, o.origin("admin")))
	}
	s.tcpTimeout = max(0, cmp.Or(w.TCPTimeout, max(defaultTCPTimeout, o.SignalR.WriteTimeout+tcpReserve)))
	r.s.row("tcp-timeout", s.tcpTimeout.String(), o.origin("tcp-timeout"))
	if o.SignalR.PollTimeout != 0 {
		r.s.row("poll-timeout", o.SignalR.PollTimeout.String(), o.origin("poll-timeout"))
	}
}

// openHTTP opens the listener of the hubs.
func (n *Node) openHTTP() (err error) {
	if n.o.HTTP == "" {
		return nil
	}
	var secure *tls.Config
	if n.o.Web.TLSCert != "" {
		pair, err := tlsfiles.Open(n.o.Web.TLSCert, n.o.Web.TLSKey, n.log)
		if err != nil {
			return fmt.Errorf("tls-cert (%s): %w", n.o.origin("tls-cert"), err)
		}
		secure = pair.Config()
	}
	n.http, err = newFront(n.o.HTTP, func(addr string) (net.Listener, error) {
		return listener.Open(listener.Options{
			Name: "HTTP", Addr: addr, DeadAfter: n.settings.web.tcpTimeout,
			ProxyProtocol: n.o.Web.ProxyProtocol, Trusted: n.settings.web.proxies,
			Logger: n.log, Refused: n.refused.proxy,
		})
	})
	if err != nil {
		return err
	}
	n.server = n.serve(newLimitedListener(n.http, n.capacity), n.handler(), secure)
	return nil
}

// openAdmin opens the listener of operators.
func (n *Node) openAdmin() (err error) {
	if n.o.Admin == "" {
		return nil
	}
	n.admin, err = listener.Open(listener.Options{Name: "admin", Addr: n.o.Admin, DeadAfter: n.settings.web.tcpTimeout})
	if err != nil {
		return err
	}
	n.serve(n.admin, n.forItsHosts(n.adminHandler()), nil)
	return nil
}

// forwarded serves with h what trusted proxies say the client sent.
func (n *Node) forwarded(h http.Handler) http.Handler {
	if n.settings.web.proxies.Empty() {
		return h
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(w, n.settings.web.proxies.Apply(r)) })
}

// URL is where the hubs are, without their paths: http:// or https:// and host:port, or
// http://unix:/path: with a unix socket, in the form of nginx. It is empty if there is no
// listener.
func (n *Node) URL() string {
	switch addr := n.HTTPAddr(); {
	case addr == "":
		return ""
	case listener.IsUnix(addr):
		return "http://" + addr + ":"
	case n.o.Web.TLSCert != "":
		return "https://" + addr
	default:
		return "http://" + addr
	}
}
