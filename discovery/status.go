package discovery

import (
	"fmt"
	"time"

	"github.com/signalmesh/signalmesh/discovery/diag"
)

// An Outcome is the result of the last dial of one address.
type Outcome int

// The outcomes.
const (
	OutcomeUntried     Outcome = iota // not dialled yet, or another port of the host answered
	OutcomeSelf                       // this node itself answered
	OutcomeMember                     // the peer became a member
	OutcomeRefused                    // the peer and this node do not let each other in
	OutcomeUnreachable                // no answer, or not that of a mesh node
)

var outcomes = [...]string{
	OutcomeUntried: "untried", OutcomeSelf: "self", OutcomeMember: "member",
	OutcomeRefused: "refused", OutcomeUnreachable: "unreachable",
}

// String returns the outcome as the status page shows it, such as "refused".
func (o Outcome) String() string { return outcomes[o] }

// MarshalText writes the outcome as String does.
func (o Outcome) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText reads an outcome that MarshalText wrote.
func (o *Outcome) UnmarshalText(text []byte) error {
	for i, name := range outcomes {
		if name == string(text) {
			*o = Outcome(i)
			return nil
		}
	}
	return fmt.Errorf("%q is not an outcome of a dial", text)
}

// A SeedStatus is a seed with its addresses.
type SeedStatus struct {
	Seed   string        `json:"seed"`             // host:port as it was given
	Origin diag.Origin   `json:"-"`                // where the seed was read
	Lookup string        `json:"lookup,omitempty"` // why the last lookup of the name failed
	Addrs  []AddressInfo `json:"addresses"`        // never nil
}

// An AddressInfo is one IP address and port of a seed.
type AddressInfo struct {
	Address string    `json:"address"` // host:port
	Outcome Outcome   `json:"outcome"`
	Peer    string    `json:"peer,omitempty"`   // the peer ID that answered last
	Reason  string    `json:"reason,omitempty"` // of refused and unreachable
	Tried   time.Time `json:"tried,omitzero"`   // when the last dial ended
}

// Seeds returns every seed in the order in which the seeds are dialled, with its
// addresses and the result of the last dial of each. The addresses of a name are
// those of its last lookup.
func (l *Loop) Seeds() []SeedStatus { return l.runner.table.status() }
