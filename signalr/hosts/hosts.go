// Package hosts decides which values of the Host header a server answers to.
//
// A web page can make its own name resolve to the address of a server that it may not
// use otherwise, such as one on loopback (DNS rebinding). For the browser the server
// then belongs to the page. The Host header gives the page away: it has the page's name.
//
//	names, err := hosts.Parse([]string{"app.example.net", "*.example.org"})
//	if !names.Allow(r.Host) { … }
package hosts

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
)

// Names are host names that a server answers to. The zero value has none. A Names does
// not change and may be used concurrently.
type Names struct {
	any   bool
	exact []string
	below []string // suffixes that begin with a dot
}

// Parse returns the names of a list: host names without a port, "*.example.net" for all
// names below example.net, and "*" for all names. Letter case does not matter.
func Parse(list []string) (Names, error) {
	var n Names
	for _, entry := range list {
		name := strings.ToLower(strings.TrimSpace(entry))
		if name == "*" {
			n.any = true
			continue
		}
		suffix, wildcard := strings.CutPrefix(strings.TrimSuffix(name, "."), "*.")
		switch {
		case suffix == "" || strings.ContainsAny(suffix, "*/:@ ") && !isAddress(suffix):
			return Names{}, fmt.Errorf("%q is not a host name; write app.example.net, *.example.net or *, without a scheme and a port", entry)
		case wildcard:
			n.below = append(n.below, "."+suffix)
		default:
			n.exact = append(n.exact, suffix)
		}
	}
	return n, nil
}

// Any reports whether all names are allowed.
func (n Names) Any() bool { return n.any }

// Empty reports whether n has no name at all.
func (n Names) Empty() bool { return !n.any && len(n.exact)+len(n.below) == 0 }

// Allow reports whether a server with these names answers to a Host header. No page can
// be at an IP address, localhost or the name of this machine without being served by it,
// and browsers always send the header, so these are always allowed, and so is an empty
// one. The port does not matter.
func (n Names) Allow(host string) bool {
	name, _ := Split(host)
	if n.any || host == "" || local(name) || slices.Contains(n.exact, name) {
		return true
	}
	return slices.ContainsFunc(n.below, func(suffix string) bool {
		return strings.HasSuffix(name, suffix) && len(name) > len(suffix)
	})
}

// local reports whether a name is an IP address, one that means this machine everywhere
// (RFC 6761, section 6.3), or the name of this machine.
func local(name string) bool {
	return name == "localhost" || strings.HasSuffix(name, ".localhost") || isAddress(name) || name != "" && name == machine()
}

// machine returns the name of this machine in lower case, empty if it is unknown.
var machine = sync.OnceValue(func() string {
	name, err := os.Hostname()
	if err != nil {
		return ""
	}
	return strings.ToLower(name)
})

func isAddress(name string) bool {
	_, err := netip.ParseAddr(name)
	return err == nil
}

// Split returns the name of a Host header or of the host of a URL, in lower case and
// without the brackets of an IPv6 address and a dot at its end, and its port, which may
// be empty.
func Split(host string) (name, port string) {
	name = host
	if h, p, err := net.SplitHostPort(host); err == nil {
		name, port = h, p
	} else {
		name = strings.TrimSuffix(strings.TrimPrefix(name, "["), "]")
	}
	return strings.TrimSuffix(strings.ToLower(name), "."), port
}
