package main

import (
	"fmt"
	"net"
	"net/url"
	"slices"

	"golang.org/x/net/idna"

	"github.com/signalmesh/signalmesh/node"
)

// origins writes the hosts of --allow-origin as browsers send them: names with letters
// beyond ASCII in their xn-- form.
func (f *nodeFlags) origins(o *node.Options) error {
	list := slices.Clone(o.SignalR.AllowedOrigins)
	for i, text := range list {
		u, err := url.Parse(text)
		if err != nil || u.Hostname() == "" || ascii(u.Hostname()) {
			continue // package signalr checks it
		}
		host, err := idna.Lookup.ToASCII(u.Hostname())
		if err != nil {
			return usageError{fmt.Errorf("--allow-origin %s: no browser has such a host name: %w", text, err)}
		}
		if u.Port() != "" {
			host = net.JoinHostPort(host, u.Port())
		}
		list[i] = u.Scheme + "://" + host
		f.warnings = append(f.warnings, fmt.Sprintf("--allow-origin %s is taken as %s, as browsers send it", text, list[i]))
	}
	o.SignalR.AllowedOrigins = list
	return nil
}

func ascii(text string) bool {
	for i := range len(text) {
		if text[i] >= 0x80 {
			return false
		}
	}
	return true
}
