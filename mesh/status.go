package mesh

import (
	"slices"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/signalmesh/signalmesh/mesh/core"
)

// A Member is another server of the application, as this node sees it.
type Member struct {
	Peer     string        `json:"peer"`
	Name     string        `json:"name"`
	Version  string        `json:"version"`
	Addrs    []string      `json:"addrs"`
	State    string        `json:"state"`          // alive, suspect or gone
	Missing  bool          `json:"missing"`        // it failed, and no other server has replaced it
	Dead     bool          `json:"dead"`           // it is listed only because it is missing: nothing listens at its address
	Since    time.Time     `json:"since,omitzero"` // when a missing server was last alive
	Linked   bool          `json:"linked"`         // directly
	Round    bool          `json:"round"`          // its records are relayed, since there is no direct link
	Silent   time.Duration `json:"silent"`         // since it was last alive, in nanoseconds
	Channels int           `json:"channels"`       // that it is subscribed to
	Synced   bool          `json:"synced"`         // those are all; before, it is sent everything
	Waiting  int           `json:"waiting"`        // records it has not acknowledged
	Bytes    int           `json:"bytes"`          // in them
	Lost     uint64        `json:"lost"`           // messages of it that will never arrive
	Dropped  uint64        `json:"dropped"`        // messages for it that were given up
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

// Members returns the other servers, including those that failed and are missing. A
// member that is gone and not missing was removed from the list of missing servers, or
// replaced by a server of the same name. Its messages are kept until its replay window
// ends.
func (t *Topic) Members() []Member {
	t.mu.Lock()
	defer t.mu.Unlock()
	views, now := t.core.Members(), t.mesh.now()
	members := make([]Member, 0, len(views)+len(t.roster.absent))
	known := map[core.Peer]bool{}
	for _, v := range views {
		known[v.Peer] = true
		members = append(members, Member{
			Peer: peer.ID(v.Peer).String(), Name: v.Name, Version: v.Version, Addrs: v.Addrs,
			State: v.State.String(), Linked: v.Linked, Round: v.Round, Silent: now - v.Heard, Channels: v.Channels, Synced: v.Synced,
			Waiting: v.Waiting, Bytes: v.Bytes, Lost: v.Lost, Dropped: v.Dropped,
		})
		if a := t.roster.absence(v.Peer); a != nil {
			m := &members[len(members)-1]
			m.Missing, m.Since = true, a.since
		}
	}
	for _, a := range t.roster.absent {
		if !known[a.peer] {
			members = append(members, Member{
				Peer: peer.ID(a.peer).String(), Name: a.record.Name, Version: a.record.Version, Addrs: a.record.Addrs,
				State: core.Gone.String(), Missing: true, Dead: true, Since: a.since, Silent: now - a.heard,
			})
		}
	}
	return members
}

// OnTopic reports whether the server with this peer ID has subscribed to the GossipSub
// topic of the application. Such a server becomes a member.
func (t *Topic) OnTopic(server string) bool {
	id, err := peer.Decode(server)
	return err == nil && slices.Contains(t.gossip.ListPeers(), id)
}
