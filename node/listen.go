package node

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"
)

func joinHostPort(host string, port int) string { return net.JoinHostPort(host, strconv.Itoa(port)) }

// listen opens a TCP listener. The error says what the likely mistakes are; what
// names the listener as the operator knows it.
func listen(what, addr string) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	if err == nil {
		return l, nil
	}
	var op *net.OpError
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("listen on %s (%s): the port is in use; stop what uses it or choose another port", addr, what)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return nil, fmt.Errorf("listen on %s (%s): this machine does not have that address", addr, what)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("listen on %s (%s): not allowed; ports below 1024 need privileges, choose a higher one", addr, what)
	case errors.As(err, &op):
		return nil, fmt.Errorf("listen on %s (%s): %w; write it as host:port", addr, what, op.Err)
	}
	return nil, fmt.Errorf("listen on %s (%s): %w", addr, what, err)
}
