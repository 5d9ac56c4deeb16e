package mesh

import (
	"fmt"
	"strings"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"

	"github.com/signalmesh/signalmesh/mesh/core"
)

// DefaultJoinTimeout is the default of Options.JoinTimeout.
const DefaultJoinTimeout = core.DefaultJoinTimeout

// A Pending is a server that this one waits for in order to join the mesh.
type Pending struct {
	Peer  string        `json:"peer"`
	Name  string        `json:"name,omitempty"` // empty if it has not connected yet
	Addrs []string      `json:"addrs"`
	Lacks string        `json:"lacks"` // the first thing that is missing, such as "its subscriptions"
	For   time.Duration `json:"for"`   // time since this server learned of it, in nanoseconds
}

// String returns the server and the first thing that is missing, such as
// "web-2 (10.0.0.2:9800): its subscriptions".
func (p Pending) String() string {
	return serverName(p.Name, p.Addrs, p.Peer) + ": " + p.Lacks
}

// Joined returns a channel that is closed when this server has joined the mesh: it and
// every server that joined before it receive each other's messages from then on. It
// stays closed whatever happens to the mesh later; see Health.
//
// A server joins after ContactEnded, when it has exchanged subscriptions with the
// members it found, and with the servers that they list. Servers that do not answer
// delay it by JoinTimeout at the most and are named in one log line. In a mesh of more
// than Options.Direct servers, this holds for servers that are linked directly.
func (t *Topic) Joined() <-chan struct{} { return t.joined }

// Joining returns the servers that this one waits for in order to join, the ones that it
// learned of first at the beginning. It is empty afterwards.
func (t *Topic) Joining() []Pending {
	t.mu.Lock()
	defer t.mu.Unlock()
	pending := []Pending{}
	for _, p := range t.core.Joining(t.mesh.now()) {
		pending = append(pending, Pending{Peer: peer.ID(p.Peer).String(), Name: p.Name, Addrs: p.Addrs, Lacks: p.Lacks.String(), For: p.For})
	}
	return pending
}

// ContactEnded says that the addresses of other servers that the caller knows have been
// dialled, once each, and that every server which answered is a member (see Has) or will
// not be one. Joined waits for that, for JoinTimeout at the most. It may be called again.
func (t *Topic) ContactEnded() { t.contact(core.ContactEnded) }

// ContactRefused says that every server that answered refused this one. Joined then
// waits for ContactEnded, without a limit. It may be called again.
func (t *Topic) ContactRefused() { t.contact(core.ContactRefused) }

func (t *Topic) contact(c core.Contact) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.core.Contact(t.mesh.now(), c)
}

// lateText returns the log message about servers that did not answer before the timeout.
// It names 8 servers at most.
func lateText(late []core.Pending) string {
	const most = 8
	var names []string
	for _, p := range late[:min(most, len(late))] {
		names = append(names, fmt.Sprintf("%s: %s did not come in %v", serverName(p.Name, p.Addrs, peer.ID(p.Peer).String()), p.Lacks, p.For.Round(100*time.Millisecond)))
	}
	text := "joined without " + strings.Join(names, "; without ")
	if len(late) > most {
		text += fmt.Sprintf("; and without %d more", len(late)-most)
	}
	return text + "; messages between them and this server may be lost until they are linked: check that they run, and the firewalls between them and this server"
}

// serverName is how a person knows a server: by its name and its first address, or by its
// peer ID if there is neither.
func serverName(name string, addrs []string, peerID string) string {
	where := ""
	if len(addrs) > 0 {
		where = addrs[0]
		if addr, err := multiaddr.NewMultiaddr(where); err == nil {
			if _, hostPort, err := manet.DialArgs(addr); err == nil {
				where = hostPort
			}
		}
	}
	switch {
	case name == "" && where == "":
		return peerID
	case name == "":
		return where
	case where == "":
		return name
	}
	return fmt.Sprintf("%s (%s)", name, where)
}
