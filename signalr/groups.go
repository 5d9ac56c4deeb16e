package signalr

import "context"

// Groups changes which connections are in which groups, on all servers. Names of
// groups are any strings but the empty one, compared byte by byte. A group needs
// no making, and is gone with its last member. It may be used concurrently.
type Groups struct {
	hub *Hub
	ctx context.Context // bounds every change
}

// Add makes a connection a member of a group. When it has returned, what any
// server sends to the group reaches the connection. Joining twice is joining
// once, and joining with a connection that is just being closed does nothing.
// The error is ErrNoConnection if no server has the connection.
func (g Groups) Add(connectionID, group string) error {
	return g.hub.changeGroup(g.ctx, connectionID, group, true)
}

// Remove ends a connection's membership of a group. When it has returned, what
// any server sends to the group does not reach the connection. Leaving a group
// one is not in is no error. The error is ErrNoConnection if no server has the
// connection.
func (g Groups) Remove(connectionID, group string) error {
	return g.hub.changeGroup(g.ctx, connectionID, group, false)
}
