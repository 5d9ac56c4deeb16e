package mesh

import (
	"fmt"
	"log/slog"
	"strings"

	"github.com/signalmesh/signalmesh/mesh/core"
)

// A Health says how an application's mesh is, as this node sees it.
type Health string

// The states of health.
const (
	// Isolated: no other server is alive. Local delivery works.
	Isolated Health = "isolated"
	// Degraded: a server is missing, silent, or not directly linked with this one.
	Degraded Health = "degraded"
	// Healthy: no server is missing; every server known is alive, and linked or just
	// being linked.
	Healthy Health = "healthy"
)

// A Condition is the health of an application's mesh and the reason for it. The status
// page, /healthz, the metrics and the log all show a Condition.
type Condition struct {
	Health   Health
	Servers  int       // others that are alive
	Silent   []string  // names of suspect servers
	Round    []string  // names of servers that are alive, but have no direct link with this one
	Missing  []Missing // failed servers, and expected servers that were not found
	Expected int       // how many servers the application should have, with this one; 0: not known
}

func newCondition(s core.Standing, missing []Missing, expected int) Condition {
	c := Condition{Health: Healthy, Servers: s.Alive, Silent: s.Silent, Round: s.Round, Missing: missing, Expected: expected}
	switch {
	case s.Alive == 0:
		c.Health = Isolated
	case len(s.Silent)+len(s.Round)+c.MissingServers() > 0:
		c.Health = Degraded
	}
	return c
}

// MissingServers returns how many servers are missing: those in Missing, or more if
// more are Expected. A silent server is not missing yet.
func (c Condition) MissingServers() int {
	return max(len(c.Missing), c.Expected-1-c.Servers-len(c.Silent), 0)
}

// String says it in a sentence, with the remedy if there is one.
func (c Condition) String() string {
	why := c.whyMissing()
	if len(c.Silent) > 0 {
		why = append(why, "not heard: "+strings.Join(c.Silent, ", "))
	}
	if len(c.Round) > 0 {
		why = append(why, "no direct link with "+strings.Join(c.Round, ", ")+", so messages go round by other servers: check firewalls and advertised addresses between them and this server")
	}
	switch {
	case c.Health == Isolated && len(why) == 0:
		return "isolated: no other server is in reach; clients of this server hear each other"
	case len(why) == 0 && c.Servers == 1:
		return fmt.Sprintf("%s: one other server", c.Health)
	case len(why) == 0:
		return fmt.Sprintf("%s: %d other servers", c.Health, c.Servers)
	}
	return string(c.Health) + ": " + strings.Join(why, "; ")
}

// maxNamed is how many missing servers are named in a sentence.
const maxNamed = 5

// whyMissing returns one phrase each for the failed servers, the servers that were not
// found, and the number of further missing servers.
func (c Condition) whyMissing() (why []string) {
	var failed, absent []string
	for _, m := range c.Missing {
		if m.Since.IsZero() {
			absent = append(absent, m.String())
		} else {
			failed = append(failed, m.String())
		}
	}
	if len(failed) > 0 {
		why = append(why, "missing: "+enumerate(failed)+"; start it again, or remove it from the list (see signalmesh forget)")
	}
	if len(absent) > 0 {
		why = append(why, "expected and not found: "+enumerate(absent)+"; start it, or remove it from the list of servers")
	}
	if short := c.MissingServers(); short > len(c.Missing) {
		why = append(why, fmt.Sprintf("%d of %d expected servers; start the others, or correct the number", c.Expected-short, c.Expected))
	}
	return why
}

func enumerate(names []string) string {
	if more := len(names) - maxNamed; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:maxNamed], ", "), more)
	}
	return strings.Join(names, ", ")
}

// Health says how the mesh is.
func (t *Topic) Health() Health { return t.Condition().Health }

// Condition says how the mesh is, and why.
func (t *Topic) Condition() Condition {
	c, _ := t.condition()
	return c
}

func (t *Topic) condition() (c Condition, leaving bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.mesh.now()
	var missing []Missing
	for _, a := range t.roster.absent {
		missing = append(missing, a.missing(now))
	}
	return newCondition(t.core.Standing(), append(missing, t.expected.missing...), t.expected.servers), t.closing
}

// watchHealth logs each change of health once and hands it to Options.OnHealth.
// While that is busy, changes wait and only the last counts.
func (t *Topic) watchHealth() {
	last := Isolated
	for {
		select {
		case <-t.shell.ticked:
		case <-t.ctx.Done():
			return
		}
		c, leaving := t.condition()
		if leaving { // that the others hang up is no news then
			return
		}
		if c.Health == last {
			continue
		}
		level := slog.LevelInfo
		if c.Health != Healthy {
			level = slog.LevelWarn
		}
		t.log.Log(t.ctx, level, "mesh "+string(c.Health), "before", last, "servers", c.Servers, "why", c.String())
		last = c.Health
		if t.mesh.o.OnHealth != nil {
			t.mesh.o.OnHealth(t.application, c)
		}
	}
}
