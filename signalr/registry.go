package signalr

import (
	"fmt"
	"maps"
	"slices"
	"sync"
)

// A registry knows the connections of one hub on this server, and which groups
// and users they belong to. Names are compared byte by byte. A group or user
// without connections is not in it.
//
// Everything is decided under one lock. Under it frames are put into outboxes,
// whose locks come after it.
type registry struct {
	mu          sync.RWMutex
	connections map[string]*connection
	groups      map[string]members
	users       map[string]members
	speaking    []int // connections by protocol
}

type members map[*connection]struct{}

func newRegistry(protocols int) *registry {
	return &registry{
		connections: make(map[string]*connection),
		groups:      make(map[string]members),
		users:       make(map[string]members),
		speaking:    make([]int, protocols),
	}
}

// add enters a connection, whose user is known by now.
func (r *registry) add(c *connection) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.connections[c.id] = c
	r.speaking[c.protocol]++
	if c.user != "" {
		insert(r.users, c.user, c)
	}
}

// remove takes a connection out of everything, if it is in there at all, and
// returns the groups it was in.
func (r *registry) remove(c *connection) (groups []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.connections[c.id] != c {
		return nil
	}
	delete(r.connections, c.id)
	r.speaking[c.protocol]--
	if c.user != "" {
		erase(r.users, c.user, c)
	}
	for group := range c.groups {
		erase(r.groups, group, c)
		groups = append(groups, group)
	}
	c.groups = nil
	return groups
}

// join makes a connection a member of a group. It reports false, and changes
// nothing, if it is one already or is on its way out, or with an error if it is in too
// many groups.
func (r *registry) join(c *connection, group string) (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	// A connection's context ends before remove is called, so who passes here
	// is seen by remove.
	if c.ctx.Err() != nil || r.connections[c.id] != c {
		return false, nil
	}
	if _, member := c.groups[group]; member {
		return false, nil
	}
	if err := c.groupRoom(group); err != nil {
		return false, err
	}
	if c.groups == nil {
		c.groups = make(map[string]struct{})
	}
	c.groups[group] = struct{}{}
	insert(r.groups, group, c)
	return true, nil
}

// room returns an error if a connection cannot join one more group. It is called before
// the group is announced. Only join is decisive.
func (r *registry) room(c *connection, group string) error {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return c.groupRoom(group)
}

// groupRoom is registry.room. The caller holds the registry's mu.
func (c *connection) groupRoom(group string) error {
	limit := c.hub.options.MaxGroups
	if _, member := c.groups[group]; member || len(c.groups) < limit {
		return nil
	}
	return fmt.Errorf("%w: the connection is in %d groups, and Limits.MaxGroups is %d", ErrLimit, len(c.groups), limit)
}

// leave ends a membership. It reports false if there was none.
func (r *registry) leave(c *connection, group string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, member := c.groups[group]; !member {
		return false
	}
	delete(c.groups, group)
	erase(r.groups, group, c)
	return true
}

// connection returns the connection named, or nil.
func (r *registry) connection(id string) *connection {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.connections[id]
}

// user returns the connections of a user.
func (r *registry) user(id string) []*connection {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return slices.Collect(maps.Keys(r.users[id]))
}

// spoken reports for each protocol whether a connection speaks it.
func (r *registry) spoken() []bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	spoken := make([]bool, len(r.speaking))
	for i, n := range r.speaking {
		spoken[i] = n > 0
	}
	return spoken
}

// deliver puts m into the outboxes of an audience's connections here. name is
// that of the connection, group or user.
func (r *registry) deliver(m *message, kind audienceKind, name string, except []string) {
	excluded := exclusion(except)
	r.mu.RLock()
	defer r.mu.RUnlock()
	switch kind {
	case toAll:
		for id, c := range r.connections {
			if !excluded(id) {
				c.deliver(m)
			}
		}
	case toConnections:
		if c := r.connections[name]; c != nil {
			c.deliver(m)
		}
	case toGroups:
		for c := range r.groups[name] {
			if !excluded(c.id) {
				c.deliver(m)
			}
		}
	case toUsers:
		for c := range r.users[name] {
			c.deliver(m)
		}
	}
}

// exclusion returns what tells whether a connection is among those named.
func exclusion(ids []string) func(id string) bool {
	if len(ids) <= 8 { // searching is quicker than hashing
		return func(id string) bool { return slices.Contains(ids, id) }
	}
	set := make(map[string]struct{}, len(ids))
	for _, id := range ids {
		set[id] = struct{}{}
	}
	return func(id string) bool {
		_, excluded := set[id]
		return excluded
	}
}

func insert(sets map[string]members, name string, c *connection) {
	if sets[name] == nil {
		sets[name] = make(members)
	}
	sets[name][c] = struct{}{}
}

func erase(sets map[string]members, name string, c *connection) {
	delete(sets[name], c)
	if len(sets[name]) == 0 {
		delete(sets, name)
	}
}
