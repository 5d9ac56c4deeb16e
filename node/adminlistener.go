package node

import (
	"net"
)

// listenElsewhere opens the admin listener at a port that the system picks.
func (n *Node) listenElsewhere() (net.Listener, error) {
	host, _, err := net.SplitHostPort(n.o.Admin)
	if err != nil {
		return nil, err
	}
	l, err := n.listenAdmin(net.JoinHostPort(host, "0"))
	if err == nil {
		n.log.Info("the default port of the admin listener is in use, by another node perhaps; this node has another: give each node its --admin",
			"default", n.o.Admin, "admin", l.Addr().String())
	}
	return l, err
}

// reportOpenAdmin logs that the admin listener is open to others.
func (n *Node) reportOpenAdmin() {
	if a, ok := n.admin.Addr().(*net.TCPAddr); ok && !a.IP.IsLoopback() {
		n.log.Info("admin listener is not on loopback and has no password: everyone who reaches it sees the status and can drain this node; let only operators and probes reach it",
			"admin", a.String())
	}
}
