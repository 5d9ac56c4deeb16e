package mesh

import (
	"slices"
	"time"

	"github.com/signalmesh/signalmesh/mesh/core"
	"github.com/signalmesh/signalmesh/mesh/frame"
)

// maxAbsences is the largest number of failed servers in the list. When the list is
// full, the server that failed first is removed.
const maxAbsences = 256

// A roster lists the other servers of an application.
//
//	          joins                 fails
//	(unknown) -----> present --------------------> absent
//	                    ^                             |
//	                    +------- alive again ---------+
//
// A present server is removed when it leaves cleanly. An absent server is removed when
// its announcement to leave arrives late, when a server of the same name joins, after
// forgetAfter, or by an operator. Topic.mu guards a roster.
type roster struct {
	forgetAfter time.Duration
	present     map[core.Peer]*presence
	absent      []*absence // in the order in which they failed
}

// A presence is a server that is alive or suspect.
type presence struct {
	name     string
	joined   time.Duration
	suspect  bool
	replaces bool // it has replaced an absent server
}

// An absence is a failed server: it is gone and did not announce that it leaves.
type absence struct {
	peer   core.Peer
	record *frame.Member
	heard  time.Duration // when it was last alive, on the clock of the mesh
	since  time.Time     // the same time on the wall clock
}

func newRoster(forgetAfter time.Duration) *roster {
	return &roster{forgetAfter: forgetAfter, present: map[core.Peer]*presence{}}
}

// alive notes that a server is alive. It returns the absence that this ends: that of
// the server itself, or, if the server has just joined, that of one of the same name,
// since a server that starts again has another peer ID. It returns nil if none ends.
func (r *roster) alive(now time.Duration, id core.Peer, name string) *absence {
	if p := r.present[id]; p != nil {
		p.suspect = false
		return nil
	}
	p := &presence{name: name, joined: now}
	r.present[id] = p
	if a := r.remove(func(a *absence) bool { return a.peer == id }); a != nil {
		return a
	}
	a := r.remove(func(a *absence) bool { return p.succeeds(a.record.Name, a.heard) })
	p.replaces = a != nil
	return a
}

// succeeds reports whether p replaces a server of that name that was last alive at the
// given time. Each server replaces one other server at most, so that two servers with
// the same name count as two.
func (p *presence) succeeds(name string, heard time.Duration) bool {
	return name != "" && p.name == name && p.joined > heard && !p.replaces
}

// suspect notes that a server is suspect.
func (r *roster) suspect(id core.Peer) {
	if p := r.present[id]; p != nil {
		p.suspect = true
	}
}

// A failure is the result of roster.gone.
type failure uint8

const (
	failedBefore   failure = iota // the server was not present: core reports Gone twice for some servers
	failedReplaced                // a server of the same name has joined since the server was last alive
	failedMissing                 // the server is listed as absent
)

// gone notes that a server failed.
func (r *roster) gone(a *absence) failure {
	if r.present[a.peer] == nil {
		return failedBefore
	}
	delete(r.present, a.peer)
	for _, p := range r.present {
		if p.succeeds(a.record.Name, a.heard) {
			p.replaces = true
			return failedReplaced
		}
	}
	if len(r.absent) >= maxAbsences {
		r.absent = slices.Delete(r.absent, 0, 1)
	}
	r.absent = append(r.absent, a)
	return failedMissing
}

// left notes that a server is no longer a member. An absent server stays in the list
// unless it left cleanly.
func (r *roster) left(id core.Peer, cleanly bool) {
	delete(r.present, id)
	if cleanly {
		r.remove(func(a *absence) bool { return a.peer == id })
	}
}

// remove removes the first absence that fits, and returns it; nil if none does.
func (r *roster) remove(fits func(*absence) bool) *absence {
	i := slices.IndexFunc(r.absent, fits)
	if i < 0 {
		return nil
	}
	a := r.absent[i]
	r.absent = slices.Delete(r.absent, i, i+1)
	return a
}

// expire removes and returns the absences that are older than forgetAfter.
func (r *roster) expire(now time.Duration) (expired []*absence) {
	for len(r.absent) > 0 {
		a := r.remove(func(a *absence) bool { return now-a.heard >= r.forgetAfter })
		if a == nil {
			break
		}
		expired = append(expired, a)
	}
	return expired
}

// absence returns the absence of p, or nil.
func (r *roster) absence(p core.Peer) *absence {
	for _, a := range r.absent {
		if a.peer == p {
			return a
		}
	}
	return nil
}

// namesake reports whether another server that is alive has that name.
func (r *roster) namesake(p core.Peer, name string) bool {
	for peer, other := range r.present {
		if peer != p && other.name == name && !other.suspect && name != "" {
			return true
		}
	}
	return false
}
