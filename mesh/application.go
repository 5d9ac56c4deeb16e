package mesh

import (
	"errors"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/signalmesh/signalmesh/mesh/admission"
)

// applicationRefused is the code with which a connection ends whose peer spoke for an
// application that its user is not allowed in.
const applicationRefused network.ConnErrorCode = 0x5301

// allows tells whether p may speak for an application.
func (m *Mesh) allows(p peer.ID, application string) bool {
	return p == m.host.ID() || m.secure.admitted.allows(p, application)
}

// refuseApplication ends the connections with a peer that spoke for an application
// it is not allowed in.
func (m *Mesh) refuseApplication(p peer.ID, application string) {
	m.tellRefused(p, &admission.Refusal{Reason: admission.WrongApplication, User: m.secure.admitted.user(p), Application: application})
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closing {
		return
	}
	m.expelling.Go(func() { // saying why takes as long as the peer takes to read
		for _, c := range m.swarm.ConnsToPeer(p) {
			_ = c.CloseWithError(applicationRefused)
		}
	})
}

// heed notes that a connection or stream ended because the peer does not let this
// node into an application, if that is what err says.
func (t *Topic) heed(p peer.ID, err error) {
	var conn *network.ConnError
	if errors.As(err, &conn) && conn.Remote && conn.ErrorCode == applicationRefused {
		t.mesh.tellRefused(p, &admission.Refusal{Reason: admission.WrongApplication, ByPeer: true, User: t.mesh.o.UserID, Application: t.application})
	}
}

func (m *Mesh) tellRefused(p peer.ID, r *admission.Refusal) {
	m.secure.refused.count(r)
	m.secure.refused.deny(p, r, time.Now())
	where := p.String()
	for _, c := range m.swarm.ConnsToPeer(p) {
		where = c.RemoteMultiaddr().String()
	}
	m.secure.refused.log(where, p.String(), r)
}

// Accept replaces the users that are let in: see Options.Users. Peers that would not
// be let in again as they were are cut off; those whose user is still there come back
// by themselves, with what it is allowed now. On an error nothing changes.
func (m *Mesh) Accept(users []admission.User) error {
	if err := m.secure.gate.Accept(users); err != nil {
		return err
	}
	if ended := m.secure.admitted.revoke(); ended > 0 {
		m.o.Logger.Info("connections ended whose user has changed", "connections", ended)
	}
	return nil
}
