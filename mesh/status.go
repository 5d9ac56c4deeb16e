package mesh

import (
	"time"

	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/signalmesh/signalmesh/mesh/core"
)

// A Health says how an application's mesh is, as this node sees it.
type Health string

// The states of health.
const (
	// Isolated: no other server is alive. Local delivery works.
	Isolated Health = "isolated"
	// Degraded: a server is silent, or reached only the long way round.
	Degraded Health = "degraded"
	// Healthy: every server known is alive, and linked or just being linked.
	Healthy Health = "healthy"
)

// A Member is another server of the application, as this node sees it.
type Member struct {
	Peer     string        `json:"peer"`
	Name     string        `json:"name"`
	Version  string        `json:"version"`
	Addrs    []string      `json:"addrs"`
	State    string        `json:"state"`    // alive, suspect or gone
	Linked   bool          `json:"linked"`   // directly
	Silent   time.Duration `json:"silent"`   // since it was heard last, in nanoseconds
	Channels int           `json:"channels"` // that it is subscribed to
	Waiting  int           `json:"waiting"`  // records it has not acknowledged
	Bytes    int           `json:"bytes"`    // in them
	Lost     uint64        `json:"lost"`     // messages of it that will never arrive
	Dropped  uint64        `json:"dropped"`  // messages for it that were given up
}

// Application is the ApplicationID of the topic.
func (t *Topic) Application() string { return t.application }

// Alive says how many other servers are alive.
func (t *Topic) Alive() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.core.Alive()
}

// Watch says how many other servers are alive, and returns a channel that is closed
// when that may have changed.
func (t *Topic) Watch() (alive int, changed <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.core.Alive(), t.changed
}

// Has tells whether the server with this peer ID is alive.
func (t *Topic) Has(server string) bool {
	id, err := peer.Decode(server)
	if err != nil {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.core.State(core.Peer(id)) == core.Alive
}

// Members returns what is known of the other servers.
func (t *Topic) Members() []Member {
	t.mu.Lock()
	views := t.core.Members()
	t.mu.Unlock()
	now := t.mesh.now()
	members := make([]Member, 0, len(views))
	for _, v := range views {
		members = append(members, Member{
			Peer: peer.ID(v.Peer).String(), Name: v.Name, Version: v.Version, Addrs: v.Addrs,
			State: v.State.String(), Linked: v.Linked, Silent: now - v.Heard, Channels: v.Channels,
			Waiting: v.Waiting, Bytes: v.Bytes, Lost: v.Lost, Dropped: v.Dropped,
		})
	}
	return members
}

// Health says how the mesh is.
func (t *Topic) Health() Health {
	t.mu.Lock()
	defer t.mu.Unlock()
	health, alive := Healthy, 0
	for _, m := range t.core.Members() {
		switch {
		case m.State == core.Alive:
			alive++
			if m.Round { // a link that is just being made is no fault
				health = Degraded
			}
		case m.State == core.Suspect:
			health = Degraded
		}
	}
	if alive == 0 {
		return Isolated
	}
	return health
}
