package node

import "strings"

// A Readiness reports whether load balancers should send clients to a node. A node
// that is not ready gives every reason, each with its remedy where there is one.
type Readiness struct {
	Ready   bool     `json:"ready"`
	Reasons []string `json:"reasons"` // empty if Ready; never nil
}

// String returns "ready", or the reasons in one line.
func (r Readiness) String() string {
	if r.Ready {
		return "ready"
	}
	return "not ready: " + strings.Join(r.Reasons, "; ")
}

// Readiness reports whether the node should be sent clients. /readyz answers with it.
func (n *Node) Readiness() Readiness {
	r := Readiness{Reasons: []string{}}
	for _, reason := range []func() string{n.notJoined, n.notInService} {
		if text := reason(); text != "" {
			r.Reasons = append(r.Reasons, text)
		}
	}
	r.Reasons = append(r.Reasons, n.saturated()...)
	r.Ready = len(r.Reasons) == 0
	return r
}

// notJoined returns why the node has not joined the mesh yet; "" if it has.
func (n *Node) notJoined() string {
	if closed(n.Ready()) {
		return ""
	}
	return "joining the mesh: no seed has answered yet"
}

// notInService returns why the node leaves or is drained; "" if it does neither.
func (n *Node) notInService() string {
	if closed(n.draining) {
		return "draining: clients are told to reconnect to another server"
	}
	return ""
}

// saturated returns which budgets of the hubs are used up.
func (n *Node) saturated() []string {
	if n.hubs == nil {
		return nil
	}
	return n.hubs.Saturated()
}
