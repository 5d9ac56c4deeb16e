package ncconf

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/signalmesh/signalmesh/discovery/placeholder"
)

// ParseHost takes a server's name apart: an IPv4 or IPv6 address, with or without
// brackets and zone ([$(POD_IP)]:9800 works for both), or a host name, each with or without :port. port is 0 if
// there is none. The error is the end of a sentence that begins with the name.
func ParseHost(name string) (host string, port int, err error) {
	if placeholder.Host(name) {
		return "", 0, fmt.Errorf("is a placeholder: the template was never filled in; write the server's address")
	}
	if i := strings.Index(name, "://"); i >= 0 {
		return "", 0, fmt.Errorf("is a URL; write only the host, without %s and path", quote(name[:i+3]))
	}
	if ip, err := netip.ParseAddr(name); err == nil {
		return ipHost(ip, 0)
	}
	if !strings.HasPrefix(name, "[") && strings.Count(name, ":") > 1 {
		return "", 0, fmt.Errorf("is no IPv6 address; one with a port is written [2001:db8::5]:9800")
	}
	host = name
	if i := strings.LastIndexByte(name, ':'); i > strings.LastIndexByte(name, ']') {
		n, err := strconv.ParseUint(name[i+1:], 10, 16)
		if err != nil || n == 0 {
			return "", 0, fmt.Errorf("has no port from 1 to 65535 behind its colon")
		}
		host, port = name[:i], int(n)
	}
	if strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]") {
		ip, err := netip.ParseAddr(host[1 : len(host)-1])
		if err != nil {
			return "", 0, fmt.Errorf("has no IP address between its brackets")
		}
		return ipHost(ip, port)
	}
	if ip, err := netip.ParseAddr(host); err == nil && ip.Is4() {
		return ipHost(ip, port)
	}
	if err := checkName(host); err != nil {
		return "", 0, err
	}
	return host, port, nil
}

// ipHost checks an address that is to be dialled.
func ipHost(ip netip.Addr, port int) (string, int, error) {
	ip = ip.Unmap()
	switch {
	case ip.IsUnspecified() || ip.IsMulticast():
		return "", 0, fmt.Errorf("is no address of one machine")
	case ip.Zone() != "" && !ip.IsLinkLocalUnicast():
		return "", 0, fmt.Errorf("has a zone, which only a link-local address (fe80::…) can have")
	case strings.ContainsAny(ip.Zone(), "/%"):
		return "", 0, fmt.Errorf("has a zone that names no network interface")
	}
	return ip.String(), port, nil
}

// checkName holds a host name to what a resolver takes. Underscores are no letters
// of host names, but container networks use them.
func checkName(host string) error {
	labels := strings.Split(strings.TrimSuffix(host, "."), ".")
	numeric := true
	for _, l := range labels {
		if l == "" || len(l) > 63 || strings.Trim(strings.ToLower(l), "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" ||
			l[0] == '-' || l[len(l)-1] == '-' {
			return fmt.Errorf("is neither an IP address nor a host name (letters, digits, - and dots; other letters in their xn-- form)")
		}
		numeric = numeric && strings.Trim(l, "0123456789") == ""
	}
	if len(host) > 253 {
		return fmt.Errorf("is longer than a host name can be, 253 letters")
	}
	if numeric {
		return fmt.Errorf("is no IPv4 address; expected four numbers from 0 to 255 such as 10.0.0.1")
	}
	return nil
}
