package door

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/signalmesh/signalmesh/node/exchange"
)

// masterChanged ends the name of the channel that tells StackExchange.Redis to check the
// roles of its endpoints. The ChannelPrefix of the client precedes it.
const masterChanged = "__Booksleeve_MasterChanged"

// moveTime is how long a drain leaves a client its subscriptions. StackExchange.Redis
// publishes to another endpoint as soon as it has checked the roles. Subscriptions stay
// where they are until their connection ends.
const moveTime = time.Second

// Drain moves the clients to their other endpoints: INFO reports the role of a replica,
// and the clients get the message that makes them check the roles of their endpoints.
// After a second Drain ends the connections that still have subscriptions. A client
// without another endpoint connects again, and gets what it missed. Drain returns one
// second later, or before if all clients have left or ctx ends. A client with another
// endpoint uses that one then, and may stay connected. It returns how many clients left and how many
// remain. The remaining clients are served until Close. Undrain undoes Drain.
func (d *Door) Drain(ctx context.Context) (moved, left int) {
	d.draining.Store(true)
	told, idle := d.tellMasterChanged()
	if len(told) == 0 {
		return 0, 0
	}
	if !ended(ctx, idle, moveTime) {
		for _, c := range told {
			c.move()
		}
		ended(ctx, idle, moveTime)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return max(0, len(told)-len(d.conns)), len(d.conns)
}

// ended waits until idle is closed or ctx ends, but not longer than that. It reports
// whether one of the two happened.
func ended(ctx context.Context, idle <-chan struct{}, longest time.Duration) bool {
	timer := time.NewTimer(longest)
	defer timer.Stop()
	select {
	case <-idle:
	case <-ctx.Done():
	case <-timer.C:
		return false
	}
	return true
}

// Undrain makes INFO report the role of a master again, and has the clients check it.
func (d *Door) Undrain() {
	if d.draining.Swap(false) {
		d.tellMasterChanged()
	}
}

// tellMasterChanged has the clients check the roles of their endpoints. It returns the
// clients, and a channel that is closed when the last of them has left.
func (d *Door) tellMasterChanged() (told []*conn, idle <-chan struct{}) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.conns) > 0 && d.idle == nil {
		d.idle = make(chan struct{})
	}
	for c := range d.conns {
		c.tellMasterChanged()
	}
	return slices.Collect(maps.Keys(d.conns)), d.idle
}

// aboutMasters reports whether a name is that of the channel of changes of masters.
func aboutMasters(n exchange.Name) bool {
	return n.Kind == exchange.Channel && strings.HasSuffix(n.Text, masterChanged)
}

// tellMasterChanged delivers the message that the master has changed, on every channel for
// it that the client subscribes to.
func (c *conn) tellMasterChanged() {
	c.mu.Lock()
	var subs []*subscription
	for n, s := range c.subs {
		if aboutMasters(n) {
			subs = append(subs, s)
		}
	}
	c.mu.Unlock()
	for _, s := range subs {
		s.Deliver(&exchange.Message{Channel: s.name.Text, Data: []byte("*")})
	}
}

// move ends the connection if it has subscriptions. Everything that waits is written, as
// the client may continue at another endpoint. Later messages are kept for a client that
// comes back to this endpoint.
func (c *conn) move() {
	c.mu.Lock()
	subscriptions := len(c.subs)
	c.mu.Unlock()
	if subscriptions == 0 {
		return
	}
	c.door.metrics.ended[moved].Add(1)
	c.out.keepLater()
}
