package main

import (
	"fmt"
	"time"

	"github.com/spf13/pflag"

	"github.com/signalmesh/signalmesh/node"
)

// addWeb adds the flags of node.Web.
func (f *nodeFlags) addWeb(flags *pflag.FlagSet) {
	w := &f.o.Web
	flags.StringVar(&w.TLSCert, "tls-cert", "", "`path` of a PEM certificate with its chain: --http serves HTTPS and HTTP/2; read again when it changes")
	flags.StringVar(&w.TLSKey, "tls-key", "", "`path` of the PEM key of that certificate")
	flags.StringSliceVar(&w.TrustedProxies, "trusted-proxies", nil, "`addresses` and networks, such as 10.0.0.0/8, of proxies that may send X-Forwarded-For, -Proto and -Host, and the PROXY protocol; unix for a unix socket; separated by commas")
	flags.BoolVar(&w.ProxyProtocol, "proxy-protocol", false, "connections to --http begin with a header of the PROXY protocol, which only --trusted-proxies may send")
	flags.StringSliceVar(&w.AllowedHosts, "allowed-hosts", nil, "`names` under which the hubs are served, against DNS rebinding, such as app.example.net, *.example.net or *; separated by commas; the admin listener also answers to its default names (default: every name, except another one than localhost at a loopback address)")
	flags.DurationVar(&w.TCPTimeout, "tcp-timeout", 15*time.Second, "`time` after which a TCP connection ends whose client acknowledges nothing; 0 for that of the system")
	flags.DurationVar(&f.o.SignalR.PollTimeout, "poll-timeout", 50*time.Second, "`time` for which a long poll waits; shorter than proxies wait for a response")
}

// defaultListener returns the address of the HTTP listener of a node without --http. It is
// empty if the node has nothing to serve there. Children on one machine cannot all use
// one port.
func (f *nodeFlags) defaultListener(o node.Options) string {
	switch {
	case !servesHTTP(o):
		return ""
	case f.child:
		return "127.0.0.1:0"
	default:
		return defaultHTTP
	}
}

// servesHTTP reports whether the node has anything to serve on an HTTP listener, or has
// settings of that listener.
func servesHTTP(o node.Options) bool {
	return len(o.Hubs) > 0 || o.Static != nil || o.Web.TLSCert != "" || o.Web.ProxyProtocol
}

// webTimes checks the times among these flags. An explicit 0 is none, which package node
// writes as a negative time.
func webTimes(o *node.Options) error {
	for _, t := range []struct {
		name  string
		value *time.Duration
	}{{"tcp-timeout", &o.Web.TCPTimeout}, {"poll-timeout", &o.SignalR.PollTimeout}} {
		from := o.Origins[t.name]
		switch {
		case *t.value < 0:
			return usageError{fmt.Errorf("%s %v: a time is not negative; write it as 15s", from, *t.value)}
		case *t.value == 0 && t.name == "poll-timeout":
			return usageError{fmt.Errorf("%s 0s: a poll without time would be repeated without end; write it as 50s", from)}
		case *t.value == 0:
			*t.value = -1
		case *t.value < time.Second:
			return usageError{fmt.Errorf("%s %v: the shortest time is 1s", from, *t.value)}
		}
	}
	return nil
}
