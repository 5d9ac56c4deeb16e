package mesh

import (
	"fmt"

	"github.com/libp2p/go-libp2p/core/event"
)

// tellMoves tells the members when this machine's addresses change, as by a new
// DHCP lease, so that they dial it at the present one. It ends with the topic.
// The host looks at its interfaces once a minute; with Options.Advertise nothing
// changes.
func (t *Topic) tellMoves(moves event.Subscription) {
	defer moves.Close()
	for {
		select {
		case <-moves.Out():
			t.mu.Lock()
			if addrs := t.mesh.addrs(); t.core.Moved(t.mesh.now(), addrs) {
				t.log.Info("peers are told another address", "addrs", addrs)
			}
			t.mu.Unlock()
		case <-t.ctx.Done():
			return
		}
	}
}

// watchMoves is what tellMoves needs.
func (m *Mesh) watchMoves() (event.Subscription, error) {
	moves, err := m.host.EventBus().Subscribe(new(event.EvtLocalAddressesUpdated))
	if err != nil {
		return nil, fmt.Errorf("watch addresses: %w", err)
	}
	return moves, nil
}

// addrs are the addresses that peers are told, as text.
func (m *Mesh) addrs() []string {
	var addrs []string
	for _, a := range m.Addrs() {
		addrs = append(addrs, a.String())
	}
	return addrs
}
