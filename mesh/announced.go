package mesh

import (
	"slices"
	"sync"

	"github.com/libp2p/go-libp2p/core/peer"
)

const (
	// maxAnnouncers bounds the peers whose applications are kept, and maxAnnounced the
	// applications of each.
	maxAnnouncers = 1024
	maxAnnounced  = 8
	// maxAnnouncedName is the length in bytes of the longest name that is kept.
	maxAnnouncedName = 100
)

// announced holds the applications that peers are members of, for error messages. Beyond
// its bounds it holds some of them. It may be used concurrently.
type announced struct {
	mu    sync.Mutex
	peers map[peer.ID][]string
}

func newAnnounced() *announced { return &announced{peers: map[peer.ID][]string{}} }

// note notes that a peer joined or left an application.
func (a *announced) note(p peer.ID, application string, joined bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	names := slices.DeleteFunc(a.peers[p], func(name string) bool { return name == application })
	if joined && len(names) < maxAnnounced && len(application) <= maxAnnouncedName {
		names = append(names, application)
	}
	if len(names) == 0 {
		delete(a.peers, p)
		return
	}
	if _, known := a.peers[p]; !known && len(a.peers) >= maxAnnouncers {
		for other := range a.peers {
			delete(a.peers, other)
			break
		}
	}
	a.peers[p] = names
}

// all returns the applications of each peer, sorted.
func (a *announced) all() map[peer.ID][]string {
	a.mu.Lock()
	defer a.mu.Unlock()
	found := make(map[peer.ID][]string, len(a.peers))
	for p, names := range a.peers {
		found[p] = slices.Sorted(slices.Values(names))
	}
	return found
}

// of returns the applications of a peer.
func (a *announced) of(p peer.ID) []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Sorted(slices.Values(a.peers[p]))
}

// Strangers returns the connected peers that are members of other applications of the
// cache and not of this one: by one address of each, its applications, sorted.
func (m *Mesh) Strangers(application string) map[string][]string {
	found := map[string][]string{}
	for p, names := range m.announced.all() {
		if conns := m.swarm.ConnsToPeer(p); len(conns) > 0 && !slices.Contains(names, application) {
			found[conns[0].RemoteMultiaddr().String()] = names
		}
	}
	return found
}

// Applications returns the applications of the cache that a connected peer announced to
// be a member of, of those that it may join, sorted. It is empty for an unknown peer.
func (m *Mesh) Applications(peerID string) []string {
	id, err := peer.Decode(peerID)
	if err != nil {
		return nil
	}
	return m.announced.of(id)
}
