package signalr

import "time"

// A liveness decides when a connection needs a ping and when it is lost. It
// keeps no clock and starts nothing: its owner tells it the time.
type liveness struct {
	opened time.Time // when the connection was made
	ready  bool      // the handshake is over
	pinged time.Time // when a ping was last decided on
	armed  bool      // the client has sent a ping, so it must be heard from
	busy   bool      // received messages are being dispatched
	heard  time.Time // when the last of them was done with
}

// A verdict is what a liveness decides.
type verdict uint8

const (
	alive verdict = iota
	needsPing
	silent        // the client has not been heard from in time
	handshakeLate // the handshake has not come in time
)

// limits are the times a liveness decides by.
type limits struct {
	keepAlive, client, handshake time.Duration
}

// established says that the handshake is over.
func (l *liveness) established(now time.Time) {
	l.ready, l.pinged, l.heard = true, now, now
}

// received says that messages came and are being dispatched, which stops the
// client's clock until done.
func (l *liveness) received() { l.busy = true }

// done says that what was received has been dispatched.
func (l *liveness) done(now time.Time) { l.busy, l.heard = false, now }

// tick reports what is to be done at now. After needsPing a ping counts as sent.
// Other traffic does not postpone pings, as in .NET.
func (l *liveness) tick(now time.Time, by limits) verdict {
	if !l.ready {
		if now.Sub(l.opened) >= by.handshake {
			return handshakeLate
		}
		return alive
	}
	if l.armed && !l.busy && now.Sub(l.heard) >= by.client {
		return silent
	}
	if now.Sub(l.pinged) >= by.keepAlive {
		l.pinged = now
		return needsPing
	}
	return alive
}
