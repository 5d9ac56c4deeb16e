package mesh

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/signalmesh/signalmesh/mesh/core"
)

// ErrNotMissing means that Forget was given a server that is not missing.
var ErrNotMissing = errors.New("server is not missing")

// A Missing is a server that should be there and is not: it failed, or it is expected
// and was not found.
type Missing struct {
	Name    string    `json:"name"`              // or its address, if it was never met
	Peer    string    `json:"peer,omitempty"`    // empty if it was never met
	Addrs   []string  `json:"addrs,omitempty"`   // multiaddrs where it was
	Since   time.Time `json:"since,omitzero"`    // last sign of life; zero if it was never met
	Seconds float64   `json:"seconds,omitempty"` // since then
	Reason  string    `json:"reason,omitempty"`  // why it could not be reached
}

// String returns its name, and since when or why it is missing.
func (m Missing) String() string {
	switch {
	case m.Since.IsZero():
		return strings.TrimSuffix(m.Name+" ("+m.Reason+")", " ()")
	case m.Seconds > 20*3600:
		return fmt.Sprintf("%s since %s, %s ago", m.Name, m.Since.Format("2006-01-02 15:04:05"), ago(m.Seconds))
	}
	return fmt.Sprintf("%s since %s, %s ago", m.Name, m.Since.Format(time.TimeOnly), ago(m.Seconds))
}

// ago returns a duration in its largest unit: "42s", "2m", "3h", "5d".
func ago(seconds float64) string {
	switch s := int(seconds); {
	case s < 60:
		return fmt.Sprintf("%ds", s)
	case s < 3600:
		return fmt.Sprintf("%dm", s/60)
	case s < 48*3600:
		return fmt.Sprintf("%dh", s/3600)
	default:
		return fmt.Sprintf("%dd", s/86400)
	}
}

func (a *absence) missing(now time.Duration) Missing {
	return Missing{
		Name: cmp.Or(a.record.Name, peer.ID(a.peer).String()), Peer: peer.ID(a.peer).String(), Addrs: a.record.Addrs,
		Since: a.since, Seconds: (now - a.heard).Seconds(),
	}
}

// An expectation is what the node knows of the servers that should be there.
type expectation struct {
	servers int
	missing []Missing
}

// Expect sets which servers of the application should be there. While one of them is
// not, the health is Degraded. servers is their number with this one; 0 means that it
// is not known. missing are servers that were looked for at their addresses and not
// found. The next call replaces both.
func (t *Topic) Expect(servers int, missing []Missing) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.expected = expectation{servers, missing}
	signal(t.shell.ticked)
}

// Forget takes a server that failed off the list of missing servers. It is named by
// its name or its peer ID; all missing servers of that name are forgotten. The error
// is ErrNotMissing if there is none. A server that is forgotten may come back.
func (t *Topic) Forget(server string) (forgotten int, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	fits := func(a *absence) bool { return a.record.Name == server || peer.ID(a.peer).String() == server }
	for a := t.roster.remove(fits); a != nil; a = t.roster.remove(fits) {
		t.log.Info("missing server forgotten at the request of an operator", "server", a.record.Name, "peer", peer.ID(a.peer).String())
		forgotten++
	}
	if forgotten == 0 {
		return 0, fmt.Errorf("%q: %w; %s", server, ErrNotMissing, t.whoIsMissing())
	}
	signal(t.shell.ticked)
	return forgotten, nil
}

// whoIsMissing lists the servers that Forget takes. The caller holds mu.
func (t *Topic) whoIsMissing() string {
	if len(t.roster.absent) == 0 {
		return "no server that failed is missing"
	}
	var names []string
	for _, a := range t.roster.absent {
		names = append(names, a.record.Name)
	}
	return "missing: " + strings.Join(names, ", ")
}

// follow keeps the roster, and logs when a server joins, fails, leaves or comes back.
// The caller holds mu.
func (t *Topic) follow(m *core.Member, state core.State) {
	now, log := t.mesh.now(), t.log.With("server", m.Name(), "peer", peer.ID(m.Peer()).String())
	switch state {
	case core.Alive:
		a := t.roster.alive(now, m.Peer(), m.Name())
		if a == nil {
			log.Info("server alive")
		} else {
			log.Info("server alive; it was missing", "missing_for", (now - a.heard).Round(time.Second))
		}
		if m.Name() == t.mesh.o.Name && m.Name() != "" || t.roster.namesake(m.Peer(), m.Name()) {
			log.Info("another server has the same name; give each server a name of its own (--name) to tell them apart")
		}
	case core.Suspect:
		t.roster.suspect(m.Peer())
		log.Info("server suspect")
	case core.Gone:
		a := &absence{peer: m.Peer(), record: m.Record(), heard: m.Heard(), since: time.Now().Add(m.Heard() - now)}
		switch t.roster.gone(a) {
		case failedReplaced:
			log.Info("server gone; another of the same name has joined")
		case failedMissing:
			log.Warn("server gone without goodbye; start it again, or remove it from the list of missing servers: signalmesh forget "+m.Name(), "since", a.since.Format(time.TimeOnly))
		}
	case core.Left:
		t.roster.left(m.Peer(), m.Departed())
		log.Info("server left")
	}
}

// forgetOld takes servers that are missing for long off the list. The caller holds mu.
func (t *Topic) forgetOld(now time.Duration) {
	for _, a := range t.roster.expire(now) {
		t.log.Info("missing server forgotten", "server", a.record.Name, "peer", peer.ID(a.peer).String(), "missing_for", (now - a.heard).Round(time.Second))
	}
}
