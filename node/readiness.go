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
	r.Reasons = append(r.Reasons, n.notJoined()...)
	for _, reason := range []func() string{n.notInService, n.capacity.full} {
		if text := reason(); text != "" {
			r.Reasons = append(r.Reasons, text)
		}
	}
	r.Reasons = append(r.Reasons, n.saturated()...)
	r.Ready = len(r.Reasons) == 0
	return r
}

// notInService returns why the node is draining, drained or closing; "" if it serves.
func (n *Node) notInService() string {
	switch phase, _ := n.life.watch(); phase {
	case Serving:
		return ""
	case Draining:
		return "draining: clients are still served, and will be moved to other servers"
	case Moving:
		return "draining: clients are being moved to other servers"
	case Drained:
		return "drained: stop the node, or put it back with \"signalmesh drain --undo\""
	default:
		return "closing"
	}
}

// saturated returns which budgets of the hubs are used up.
func (n *Node) saturated() []string {
	if n.hubs == nil {
		return nil
	}
	return n.hubs.Saturated()
}
