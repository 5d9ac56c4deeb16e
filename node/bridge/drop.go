package bridge

import (
	"errors"
	"time"
)

var (
	errFull    = errors.New("more waits than fits in the queue")
	errNowhere = errors.New("no node bridges")
)

// dropsToldEvery is how often the log tells that messages are dropped.
const dropsToldEvery = time.Minute

// drop counts a message that does not cross.
func (b *Bridge) drop(d direction, err error) {
	b.metrics.dropped.WithLabelValues(d.String()).Inc()
	now, told := time.Now().UnixNano(), &b.metrics.told[d]
	if last := told.Load(); now-last > dropsToldEvery.Nanoseconds() && told.CompareAndSwap(last, now) {
		b.log.Warn("bridge: messages do not cross; they are counted, and not logged one by one", "direction", d.String(), "err", err)
	}
}

// carried counts a message that crossed.
func (b *Bridge) carried(d direction) { b.metrics.messages.WithLabelValues(d.String()).Inc() }
