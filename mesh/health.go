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
	// Degraded: a server is silent, or reached only the long way round.
	Degraded Health = "degraded"
	// Healthy: every server known is alive, and linked or just being linked.
	Healthy Health = "healthy"
)

// A Condition is the health of an application's mesh and the reason for it.
type Condition struct {
	Health  Health
	Servers int      // others that are alive
	Silent  []string // names of servers that are not heard, and may come back
	Round   []string // names of servers that are alive, but have no direct link with this one
}

func newCondition(s core.Standing) Condition {
	c := Condition{Health: Healthy, Servers: s.Alive, Silent: s.Silent, Round: s.Round}
	switch {
	case s.Alive == 0:
		c.Health = Isolated
	case len(s.Silent)+len(s.Round) > 0:
		c.Health = Degraded
	}
	return c
}

// String says it in a sentence, with the remedy if there is one.
func (c Condition) String() string {
	var why []string
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
	return newCondition(t.core.Standing()), t.closing
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
