// Package forwarded reads the headers in which a proxy describes the original request:
// X-Forwarded-For, X-Forwarded-Proto and X-Forwarded-Host.
//
// Anybody can send these headers, so they count only in requests of proxies that are
// trusted.
//
//	proxies, err := forwarded.Parse([]string{"10.0.0.0/8"})
//	r = proxies.Apply(r) // r.RemoteAddr and r.Host are now those of the client
package forwarded

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// maxHost is the length in bytes of the longest name of a host, with a port.
const maxHost = 262

// Proxies are the proxies that are trusted. The zero value trusts none. A Proxies does
// not change and may be used concurrently.
type Proxies struct {
	prefixes []netip.Prefix
	unix     bool
}

// Parse returns the proxies of a list: IP addresses, networks in CIDR notation, and
// "unix" for all clients of a unix socket.
func Parse(list []string) (Proxies, error) {
	var p Proxies
	for _, entry := range list {
		entry = strings.TrimSpace(entry)
		if entry == "unix" {
			p.unix = true
			continue
		}
		prefix, err := netip.ParsePrefix(entry)
		if addr, addrErr := netip.ParseAddr(entry); addrErr == nil {
			addr = addr.Unmap()
			prefix, err = netip.PrefixFrom(addr, addr.BitLen()), nil
		}
		if err != nil {
			return Proxies{}, fmt.Errorf("%q is not an address or network of proxies; write it as 10.0.0.7, 10.0.0.0/8, fd00::/8, or unix", entry)
		}
		p.prefixes = append(p.prefixes, prefix.Masked())
	}
	return p, nil
}

// Empty reports whether no proxy is trusted.
func (p Proxies) Empty() bool { return !p.unix && len(p.prefixes) == 0 }

// Trust reports whether an address is that of a trusted proxy: an IP address with or
// without a port, or what net/http calls the client of a unix socket.
func (p Proxies) Trust(remote string) bool {
	addr, ok := parseAddr(remote)
	if !ok {
		return p.unix && (remote == "" || strings.HasPrefix(remote, "@") || strings.HasPrefix(remote, "/"))
	}
	return slices.ContainsFunc(p.prefixes, func(n netip.Prefix) bool { return n.Contains(addr) })
}

// key is that of a request's origin in its context.
type key struct{}

// An origin holds the values that a trusted proxy sent.
type origin struct{ scheme string } // empty: nothing

// Apply returns r as the client sent it to the first trusted proxy. RemoteAddr is the
// address of the client, with port 0 if the proxies did not send it, Host is the one
// that the client asked for, and Scheme returns the client's. Apply returns other
// requests unchanged, and also requests that it has returned before.
//
// The client is the last address of X-Forwarded-For that is not a trusted proxy. Of
// several values of another header, the one at the same place counts, or the last if
// their numbers differ.
func (p Proxies) Apply(r *http.Request) *http.Request {
	if Applied(r) || !p.Trust(r.RemoteAddr) {
		return r
	}
	hops := values(r.Header, "X-Forwarded-For")
	remote, at := p.client(r.RemoteAddr, hops)
	scheme := scheme(pick(values(r.Header, "X-Forwarded-Proto"), at, len(hops)))
	host := pick(values(r.Header, "X-Forwarded-Host"), at, len(hops))
	r = r.WithContext(context.WithValue(r.Context(), key{}, origin{scheme}))
	r.RemoteAddr = remote
	if isHost(host) {
		r.Host = host
	}
	return r
}

// client returns the address of the client behind remote, and its place in hops.
func (p Proxies) client(remote string, hops []string) (client string, at int) {
	client, at = remote, len(hops)-1
	for i, hop := range slices.Backward(hops) {
		addr, ok := parseAddr(hop)
		if !ok {
			return client, at // such as "unknown"
		}
		client, at = net.JoinHostPort(addr.String(), cmp.Or(portOf(hop), "0")), i
		if !p.Trust(hop) {
			return client, at
		}
	}
	return client, at
}

// Applied reports whether r is one that Apply returned for a trusted proxy.
func Applied(r *http.Request) bool {
	_, applied := r.Context().Value(key{}).(origin)
	return applied
}

// Scheme returns the scheme in which the client made a request, "http" or "https", or
// "" if it is unknown, which it is if a proxy that is not trusted may have ended TLS.
func Scheme(r *http.Request) string {
	if o, ok := r.Context().Value(key{}).(origin); ok {
		return o.scheme
	}
	if r.TLS != nil {
		return "https"
	}
	return ""
}

// scheme returns the scheme of HTTP for a value of X-Forwarded-Proto. Some proxies give
// that of WebSockets.
func scheme(proto string) string {
	switch strings.ToLower(proto) {
	case "http", "ws":
		return "http"
	case "https", "wss":
		return "https"
	}
	return ""
}

// values returns the values of a header, which may be several in one line.
func values(h http.Header, name string) (list []string) {
	for _, line := range h.Values(name) {
		for v := range strings.SplitSeq(line, ",") {
			list = append(list, strings.TrimSpace(v))
		}
	}
	return list
}

// pick returns the value at a place if there are n, else the last one.
func pick(list []string, at, n int) string {
	switch {
	case len(list) == 0:
		return ""
	case len(list) == n && at >= 0:
		return list[at]
	}
	return list[len(list)-1]
}

// parseAddr reads an IP address with or without a port.
func parseAddr(text string) (netip.Addr, bool) {
	if ap, err := netip.ParseAddrPort(text); err == nil {
		return ap.Addr().Unmap().WithZone(""), true
	}
	addr, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]"))
	return addr.Unmap().WithZone(""), err == nil
}

func portOf(text string) string {
	if _, err := netip.ParseAddrPort(text); err != nil {
		return ""
	}
	_, port, _ := net.SplitHostPort(text)
	return port
}

// isHost reports whether text may stand in a Host header.
func isHost(text string) bool {
	return text != "" && len(text) <= maxHost && !strings.ContainsFunc(text, func(c rune) bool {
		return c <= ' ' || c >= 0x7f || strings.ContainsRune(`/\?#@<>"`, c)
	})
}
