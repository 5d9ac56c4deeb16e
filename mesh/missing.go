package mesh

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/signalmesh/signalmesh/mesh/core"
)

// ErrNotMissing means that a server is not in the list of missing servers.
var ErrNotMissing = errors.New("server is not missing")

// A Missing is a server that failed, or an expected server that was not found.
type Missing struct {
	Name    string    `json:"name"`              // the address of an expected server
	Peer    string    `json:"peer,omitempty"`    // empty for an expected server
	Addrs   []string  `json:"addrs,omitempty"`   // its multiaddrs
	Since   time.Time `json:"since,omitzero"`    // last time it was alive; zero for an expected server
	Seconds float64   `json:"seconds,omitempty"` // since that time
	Reason  string    `json:"reason,omitempty"`  // why an expected server could not be reached
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

// An expectation is the argument of Topic.Expect.
type expectation struct {
	servers int
	missing []Missing
}

// Expect sets which servers the application should have. The health is Degraded while
// one of them is missing. servers is their number with this one; 0 means that the number
// is not known. missing are servers that were not found at their addresses. Each call
// replaces the values of the previous one.
func (t *Topic) Expect(servers int, missing []Missing) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.expected = expectation{servers, missing}
	signal(t.shell.ticked)
}

// RemoveMissing removes failed servers from the list of missing servers: all that have this
// name, or the one that has this peer ID. It returns their number. The error is
// ErrNotMissing if the list has no such server. A removed server may join again.
func (t *Topic) RemoveMissing(server string) (removed int, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	fits := func(a *absence) bool { return a.record.Name == server || peer.ID(a.peer).String() == server }
	for a := t.roster.remove(fits); a != nil; a = t.roster.remove(fits) {
		t.log.Info("missing server removed from the list by an operator", "server", a.record.Name, "peer", peer.ID(a.peer).String())
		removed++
	}
	if removed == 0 {
		return 0, fmt.Errorf("%q: %w; %s", server, ErrNotMissing, t.missingNames())
	}
	signal(t.shell.ticked)
	return removed, nil
}

// missingNames lists the servers that can be removed. The caller holds mu.
func (t *Topic) missingNames() string {
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
		if log.Enabled(t.ctx, slog.LevelInfo) && t.namesake(m) {
			log.Info("another server has the same name; give each server a different name (--name)")
		}
	case core.Suspect:
		t.roster.suspect(m.Peer())
		log.Info("server suspect")
	case core.Gone:
		a := &absence{peer: m.Peer(), record: m.Record(), heard: m.LastAlive(), since: time.Now().Add(m.LastAlive() - now)}
		switch t.roster.gone(a) {
		case failedReplaced:
			log.Info("server gone; another of the same name has joined")
		case failedMissing:
			log.Warn("server gone without a clean shutdown; start it again, or remove it from the list: signalmesh forget "+m.Name(), "since", a.since.Format(time.TimeOnly))
		}
	case core.Left:
		t.roster.left(m.Peer(), m.Departed())
		log.Info("server left")
	}
}

// namesake reports whether this server or another one that is alive has the name of m.
// The caller holds mu.
func (t *Topic) namesake(m *core.Member) bool {
	return m.Name() != "" && m.Name() == t.mesh.o.Name || t.roster.namesake(m.Peer(), m.Name())
}

// forgetOld removes servers from the list that have been missing for ForgetAfter. The caller holds mu.
func (t *Topic) forgetOld(now time.Duration) {
	for _, a := range t.roster.expire(now) {
		t.log.Info("missing server removed from the list after its time", "server", a.record.Name, "peer", peer.ID(a.peer).String(), "missing_for", (now - a.heard).Round(time.Second))
	}
}
