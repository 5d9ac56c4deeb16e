// Package listener opens the sockets at which a node serves HTTP: TCP addresses and
// unix sockets, with or without the PROXY protocol of a load balancer in front.
//
//	l, err := listener.Open(listener.Options{Name: "--http", Addr: "unix:/run/app/http.sock"})
//	defer l.Close()
//	http.Serve(l, handler)
//
// Accepted TCP connections notice within Options.DeadAfter that their client has
// vanished, also if nothing is being sent.
package listener

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/signalmesh/signalmesh/signalr/forwarded"
)

// UnixPrefix is how the address of a unix socket begins.
const UnixPrefix = "unix:"

// Options describe a listener. Addr is required.
type Options struct {
	// Name identifies the listener in errors and logs, such as "HTTP".
	Name string
	// Addr is a host:port, or "unix:" and the path of a socket.
	Addr string
	// DeadAfter is how long a TCP client may leave what it is sent unacknowledged, keep
	// its window closed, or not answer probes, until its connection ends. Zero means
	// that the system decides, which can take 15 minutes.
	DeadAfter time.Duration
	// ProxyProtocol makes every connection begin with a header of the PROXY protocol,
	// version 1 or 2, which has the address of the client. It needs Trusted.
	ProxyProtocol bool
	// Trusted are the proxies that may connect with ProxyProtocol. Connections of others
	// are closed. A unix socket does not need Trusted, because its permissions protect it.
	Trusted forwarded.Proxies
	// Logger gets a warning for each address whose connections are refused. Nil discards.
	Logger *slog.Logger
	// Refused counts connections refused by the PROXY protocol. Nil counts nothing.
	Refused prometheus.Counter
}

// IsUnix reports whether an address is that of a unix socket.
func IsUnix(addr string) bool { return strings.HasPrefix(addr, UnixPrefix) }

// Open opens a listener. The error names the likely mistake and what to do. Closing the
// listener removes a unix socket.
func Open(o Options) (l net.Listener, err error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if path, unix := strings.CutPrefix(o.Addr, UnixPrefix); unix {
		l, err = openUnix(path)
	} else {
		l, err = openTCP(o.Addr, o.DeadAfter)
	}
	if err != nil {
		return nil, explain(o, err)
	}
	if o.ProxyProtocol {
		l = behindProxy(l, o)
	}
	return l, nil
}

// explain adds to err what the likely mistake is.
func explain(o Options, err error) error {
	where := fmt.Sprintf("listen on %s (%s)", o.Addr, o.Name)
	op, isOp := errors.AsType[*net.OpError](err)
	switch {
	case errors.Is(err, errInUse), errors.Is(err, errNoSocket):
		return fmt.Errorf("%s: %w", where, err)
	case IsUnix(o.Addr):
		return fmt.Errorf("%s: %w; give a path in a folder that exists and that this process may write to, of at most 100 bytes", where, err)
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("%s: the port is in use; stop what uses it or choose another port", where)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return fmt.Errorf("%s: this machine does not have that address", where)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("%s: not allowed; ports below 1024 need privileges, choose a higher one", where)
	case isOp:
		return fmt.Errorf("%s: %w; write it as host:port", where, op.Err)
	}
	return fmt.Errorf("%s: %w", where, err)
}
