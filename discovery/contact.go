package discovery

import (
	"slices"
	"sync"
)

// A Verdict is the result of contact: the first round of dials after New, and the
// second one if no seed answered in the first.
//
//	                 a seed is or becomes a member
//	Searching ─────────────────────────────────────────► Met
//	    │                                                 ▲
//	    ├─ every seed that answered refused ──► Refused ──┤ a seed admits this node,
//	    │                                                 │ or a peer connects
//	    └─ no seed answered, no seeds ────────► Alone ────┘
//
// Met is final: it stays when the last peer is lost. Alone does not become Refused,
// so no action of a peer takes back what a node has concluded from Alone.
type Verdict int

// The verdicts.
const (
	// Searching: contact has not ended.
	Searching Verdict = iota
	// Met: a seed or another peer is a member, or was.
	Met
	// Alone: contact ended without an answer of another node. Without seeds, or if
	// every address of a seed is this node's own, contact ends immediately.
	Alone
	// Refused: at least one seed answered, and every seed that answered refused this
	// node, or was refused by it. The Loop continues to dial the seeds.
	Refused
)

var verdicts = [...]string{Searching: "searching", Met: "met", Alone: "alone", Refused: "refused"}

// String returns the verdict in lower case, such as "met".
func (v Verdict) String() string { return verdicts[v] }

// MarshalText writes the verdict as String does.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// maxReasons bounds the list Contact.Reasons.
const maxReasons = 20

// A Contact is the result of a Loop so far.
type Contact struct {
	Verdict Verdict
	// Reasons has one entry for each address whose last answer was a refusal, such as
	// "refused by 10.0.0.1:9800: unknown user or wrong password". It is set for Refused
	// and, if seeds refuse this node later, for Alone. It has at most 20 entries of at
	// most 300 bytes, and a last one that counts the rest. It must not be changed.
	Reasons []string
}

// A notice holds a Contact and signals its changes. It may be used concurrently.
type notice struct {
	mu      sync.Mutex
	contact Contact
	changed chan struct{}
	settled chan struct{} // closed when the verdict was Met or Alone
	once    sync.Once
}

func newNotice() *notice {
	return &notice{changed: make(chan struct{}), settled: make(chan struct{})}
}

// get returns the present Contact and the channel of its next change.
func (n *notice) get() (Contact, <-chan struct{}) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.contact, n.changed
}

// set makes v the verdict if a Verdict can change that way, and replaces the reasons.
func (n *notice) set(v Verdict, reasons []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	old := n.contact
	switch {
	case old.Verdict == Met:
		return
	case v == Met:
		reasons = nil
	case old.Verdict != Searching:
		v = old.Verdict
	}
	if v == Refused && len(reasons) == 0 {
		reasons = old.Reasons // the refusal was the last answer
	}
	if v == old.Verdict && slices.Equal(reasons, old.Reasons) {
		return
	}
	n.contact = Contact{v, reasons}
	close(n.changed)
	n.changed = make(chan struct{})
	if v == Met || v == Alone {
		n.once.Do(func() { close(n.settled) })
	}
}
