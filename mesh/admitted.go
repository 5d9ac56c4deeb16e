package mesh

import (
	"errors"
	"sync"
	"unique"

	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/sec"

	"github.com/signalmesh/signalmesh/mesh/admission"
)

// maxParted bounds how many peers without a connection are remembered. What they
// sent last may come late, and the long way round.
const maxParted = 1024

var errRevoked = errors.New("mesh: the peer's credentials were revoked meanwhile")

// admitted knows who the connected peers are, which libp2p has no place for, and who
// those were that left last. It may be used concurrently.
type admitted struct {
	gate *admission.Gate

	mu     sync.Mutex
	peers  map[peer.ID]*standing
	parted []peer.ID // the longest away first; some may be back, or stand here twice
}

// A standing is what a peer has proven.
type standing struct {
	conns    map[*admittedConn]struct{}
	last     admission.Admitted
	distrust bool // an attempt of it has failed since
}

// An admittedConn is a connection with a peer that was let in.
type admittedConn struct {
	sec.SecureConn
	all  *admitted
	who  admission.Admitted
	peer peer.ID
}

// RemotePeer is who was let in. libp2p keys its tables with it, and GossipSub looks up
// every peer for every message: where one ID is one string, those are found in the caches.
func (c *admittedConn) RemotePeer() peer.ID { return c.peer }

func newAdmitted(g *admission.Gate) *admitted {
	return &admitted{gate: g, peers: map[peer.ID]*standing{}}
}

// add notes that the peer of conn was let in, until what it returns is closed.
func (a *admitted) add(conn sec.SecureConn, who admission.Admitted) (sec.SecureConn, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.gate.Valid(who) { // under the lock, so that revoke sees who comes after it
		return nil, errRevoked
	}
	p := unique.Make(conn.RemotePeer()).Value()
	s := a.peers[p]
	if s == nil {
		s = &standing{conns: map[*admittedConn]struct{}{}}
		a.peers[p] = s
	}
	c := &admittedConn{conn, a, who, p}
	s.conns[c], s.last = struct{}{}, who
	return c, nil
}

// Close closes the connection. It may be called more than once.
func (c *admittedConn) Close() error {
	c.all.remove(c)
	return c.SecureConn.Close()
}

func (a *admitted) remove(c *admittedConn) {
	a.mu.Lock()
	defer a.mu.Unlock()
	p := c.RemotePeer()
	s := a.peers[p]
	if s == nil {
		return
	}
	if _, open := s.conns[c]; !open {
		return
	}
	delete(s.conns, c)
	if len(s.conns) > 0 {
		return
	}
	a.parted = append(a.parted, p)
	if len(a.parted) > maxParted {
		if old := a.peers[a.parted[0]]; old != nil && len(old.conns) == 0 {
			delete(a.peers, a.parted[0])
		}
		a.parted = a.parted[1:]
	}
}

// allows tells whether a peer may speak for an application: one that is connected,
// or was a moment ago.
func (a *admitted) allows(p peer.ID, application string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := a.peers[p]
	if s == nil {
		return false
	}
	for c := range s.conns {
		if c.who.Allows(application) {
			return true
		}
	}
	return len(s.conns) == 0 && s.last.Allows(application)
}

// user says as whom a peer was let in.
func (a *admitted) user(p peer.ID) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	if s := a.peers[p]; s != nil {
		return s.last.User
	}
	return ""
}

// trusts tells whether a peer has proven itself before and has not failed since.
func (a *admitted) trusts(p peer.ID) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := a.peers[p]
	return s != nil && !s.distrust
}

func (a *admitted) distrust(p peer.ID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if s := a.peers[p]; s != nil {
		s.distrust = true
	}
}

// revoke ends the connections of the peers that would not be let in again as they
// were, and says how many those are.
func (a *admitted) revoke() (ended int) {
	var conns []*admittedConn
	a.mu.Lock()
	for p, s := range a.peers {
		if len(s.conns) == 0 && !a.gate.Valid(s.last) {
			delete(a.peers, p)
		}
		for c := range s.conns {
			if a.gate.Valid(c.who) {
				s.last = c.who
				continue
			}
			conns = append(conns, c)
			delete(s.conns, c)
			if len(s.conns) == 0 {
				delete(a.peers, p) // what is still on its way of it does not count
			}
		}
	}
	a.mu.Unlock()
	for _, c := range conns {
		_ = c.SecureConn.Close() // the muxer notices, and closes c
	}
	return len(conns)
}
