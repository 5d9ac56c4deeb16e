package virtual

import (
	"time"
)

// nextIn notes that something leaves, and guesses from the pauses of late when
// something will again.
func (q *pipe) nextIn(now time.Duration, p *parcel) time.Duration {
	if len(p.frames) > 0 || p.ended { // the chunks before it left together with it
		q.pause += (now - q.sent - q.pause) / 8
		q.sent = now
	}
	return q.pause
}

// lossDelay draws which of some segments are lost, and says by how much that delays the
// last of them. One lost among several is sent again after a round trip, since the
// next ones tell; a lone one after a round trip and a quarter from when the next is
// sent, or after the timer, whichever is sooner (RFC 8985); and one that is lost again
// after timeouts that double, at most as often as TCP tries.
func (w *world) lossDelay(from *host, p *path, size int, next time.Duration) time.Duration {
	var delay time.Duration
	segments := (size + segment - 1) / segment
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
		sent := 1
		for ; sent < retries && w.rand.Float64() < p.loss; sent++ {
			again += timeout
			timeout *= 2
		}
		if from != nil { // retransmissions take the line too
			from.owe(sent * size / segments)
		}
		delay = max(delay, again)
	}
	return delay
}
