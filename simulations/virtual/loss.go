package virtual

import (
	"time"
)

// nextIn notes that something leaves, and guesses from the pauses of late when
// something will again.
func (q *pipe) nextIn(now time.Duration) time.Duration {
	q.pause += (now - q.sent - q.pause) / 8
	q.sent = now
	return q.pause
}

// lossDelay draws which of some segments are lost, and says by how much that delays the
// last of them. One lost among several is sent again after a round trip, since the
// next ones tell; a lone one after a round trip and a quarter from when the next is
// sent, or after the timer, whichever is sooner (RFC 8985); and one that is lost again
// after timeouts that double.
func (w *world) lossDelay(p *path, segments int, next time.Duration) time.Duration {
	var delay time.Duration
	for range segments {
		w.measure.segments++
		w.measure.expected += p.loss
		if w.rand.Float64() >= p.loss {
			continue
		}
		w.measure.lost++
		again := p.roundTrip()
		switch {
		case segments == 1:
			again = min(2*p.roundTrip()+retransmit, next+p.roundTrip()*5/4)
		case segments < 4:
			again = 2 * p.roundTrip()
		}
		timeout := retransmit + p.roundTrip()
		for w.rand.Float64() < p.loss {
			again += timeout
			timeout *= 2
		}
		delay = max(delay, again)
	}
	return delay
}
