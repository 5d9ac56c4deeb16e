package signalr

import (
	"cmp"
	"fmt"
	"time"
)

// Unlimited is the MaxMessageSize that switches the limit off.
const Unlimited = -1

// Limits bound what the clients of a hub may do, and say when they count as
// gone. Those of Options hold for all hubs. In HubOptions a field that is not
// zero takes the place of the server's.
type Limits struct {
	// KeepAlive is how often a client is sent a ping. Zero means 15 s. It should
	// be at most half of the clients' server timeout, which is 30 s by default.
	KeepAlive time.Duration
	// ClientTimeout is how long a client that has sent a ping may be silent
	// before its connection is closed. It must be longer than KeepAlive. Zero
	// means 30 s, or twice KeepAlive if that is more.
	ClientTimeout time.Duration
	// HandshakeTimeout is how long a client has for its handshake. Zero means 15 s.
	HandshakeTimeout time.Duration

	// MaxMessageSize is the length in bytes of the longest message taken from a
	// client, framing included. A larger one closes the connection. Zero means
	// 32 KiB. A client can make the server hold this much for each connection;
	// with Unlimited, all memory there is.
	MaxMessageSize int
	// OutboxSize is how many bytes may wait to be written to one connection
	// before it is closed with ErrSlow. Zero means 16 MiB.
	OutboxSize int
	// StatefulBuffer is how many bytes a client with stateful reconnect may leave
	// unacknowledged before what else is sent to it waits in its outbox. One
	// message may exceed it. Zero means 100,000. The server can hold this much for
	// each such connection, though what is sent to many is held once.
	StatefulBuffer int
	// ParallelInvocations is how many invocations of one client run at a time.
	// Zero means 1: they run one after another, in order.
	ParallelInvocations int
	// StreamBuffer is how many items of one upload stream are held for a hub
	// method that does not take them. When it is full, nothing more is read from
	// the client. Zero means 10.
	StreamBuffer int
	// MaxStreams is how many invocations with streams, in either direction, one
	// client may have running. One more fails. Zero means 1000. Each costs a
	// goroutine, and a client can make each upload hold StreamBuffer messages of
	// MaxMessageSize.
	MaxStreams int
	// MaxGroups is how many groups one connection may be in. Joining one more fails with
	// ErrLimit. Zero means 4096. Each costs memory here, and a subscription on every
	// server of the application.
	MaxGroups int
	// MaxGroupName is the length in bytes of the longest name of a group. Joining one with
	// a longer name fails with ErrLimit. Zero means 512.
	MaxGroupName int
	// MaxClientResults is how many questions (Invoke) one connection may leave
	// unanswered, and how many answers of other connections the methods that one
	// connection has called may wait for. One more fails with ErrLimit. Zero means 1000.
	// Each costs a goroutine and about 12 kB.
	MaxClientResults int
	// DetailedErrors shows the text of every error to the client that caused it,
	// not only that of a HubError. Such texts can give secrets away. The client
	// reads an error's kind before its text: what its method ErrorName() string
	// returns, if it has one, and "Exception" otherwise. What is on for all hubs
	// cannot be switched off for one.
	DetailedErrors bool
}

// defaults are the Limits of ASP.NET Core, where it has them. ClientTimeout
// depends on KeepAlive.
var defaults = Limits{
	KeepAlive:           15 * time.Second,
	HandshakeTimeout:    15 * time.Second,
	MaxMessageSize:      32 << 10,
	OutboxSize:          16 << 20,
	StatefulBuffer:      100_000,
	ParallelInvocations: 1,
	StreamBuffer:        10,
	MaxStreams:          1000,
	MaxGroups:           4096,
	MaxGroupName:        512,
	MaxClientResults:    1000,
}

// over returns l with its zero fields filled in from base, but for ClientTimeout.
func (l Limits) over(base Limits) Limits {
	l.KeepAlive = cmp.Or(l.KeepAlive, base.KeepAlive)
	l.HandshakeTimeout = cmp.Or(l.HandshakeTimeout, base.HandshakeTimeout)
	l.MaxMessageSize = cmp.Or(l.MaxMessageSize, base.MaxMessageSize)
	l.OutboxSize = cmp.Or(l.OutboxSize, base.OutboxSize)
	l.StatefulBuffer = cmp.Or(l.StatefulBuffer, base.StatefulBuffer)
	l.ParallelInvocations = cmp.Or(l.ParallelInvocations, base.ParallelInvocations)
	l.StreamBuffer = cmp.Or(l.StreamBuffer, base.StreamBuffer)
	l.MaxStreams = cmp.Or(l.MaxStreams, base.MaxStreams)
	l.MaxGroups = cmp.Or(l.MaxGroups, base.MaxGroups)
	l.MaxGroupName = cmp.Or(l.MaxGroupName, base.MaxGroupName)
	l.MaxClientResults = cmp.Or(l.MaxClientResults, base.MaxClientResults)
	l.DetailedErrors = l.DetailedErrors || base.DetailedErrors
	return l
}

// complete returns l with its zero fields filled in from base, and every reason
// it is wrong. The server's ClientTimeout fits a hub's own KeepAlive, or gives
// way to its default.
func (l Limits) complete(base Limits) (Limits, []error) {
	own := l.ClientTimeout != 0
	l = l.over(base)
	if !own {
		l.ClientTimeout = base.ClientTimeout
		if l.ClientTimeout <= l.KeepAlive {
			l.ClientTimeout = max(30*time.Second, 2*l.KeepAlive)
		}
	}
	return l, l.faults()
}

// faults returns every reason why completed limits are wrong.
func (l Limits) faults() (errs []error) {
	for _, d := range []struct {
		name  string
		value time.Duration
	}{{"KeepAlive", l.KeepAlive}, {"ClientTimeout", l.ClientTimeout}, {"HandshakeTimeout", l.HandshakeTimeout}} {
		if d.value < 0 {
			errs = append(errs, fmt.Errorf("%s %v is negative", d.name, d.value))
		}
	}
	for _, n := range []struct {
		name  string
		value int
	}{
		{"OutboxSize", l.OutboxSize}, {"StatefulBuffer", l.StatefulBuffer}, {"ParallelInvocations", l.ParallelInvocations},
		{"StreamBuffer", l.StreamBuffer}, {"MaxStreams", l.MaxStreams},
		{"MaxGroups", l.MaxGroups}, {"MaxGroupName", l.MaxGroupName}, {"MaxClientResults", l.MaxClientResults},
	} {
		if n.value < 0 {
			errs = append(errs, fmt.Errorf("%s %d is negative", n.name, n.value))
		}
	}
	if l.MaxMessageSize < 0 && l.MaxMessageSize != Unlimited {
		errs = append(errs, fmt.Errorf("MaxMessageSize %d is negative; Unlimited (%d) switches the limit off", l.MaxMessageSize, Unlimited))
	}
	if l.ClientTimeout <= l.KeepAlive {
		errs = append(errs, fmt.Errorf("ClientTimeout %v is not longer than KeepAlive %v", l.ClientTimeout, l.KeepAlive))
	}
	return errs
}

// messageLimit is MaxMessageSize as protocols take it: 0 is none.
func (l Limits) messageLimit() int { return max(0, l.MaxMessageSize) }

// times are those that a liveness decides by.
func (l Limits) times() limits {
	return limits{keepAlive: l.KeepAlive, client: l.ClientTimeout, handshake: l.HandshakeTimeout}
}
