package door

import (
	"context"
	"sync"
	"time"
)

// batchTime is how long what a client publishes in one go may wait for the rest of
// it before it is written to those here who subscribe.
const batchTime = time.Millisecond

// A batch is the outputs here that a client has published to since the last flush:
// they are written when its commands have run, or after batchTime, rather than one
// message at a time.
type batch struct {
	mu    sync.Mutex
	outs  []*output
	timer *time.Timer

	// Of the goroutine that reads: the context of its PUBLISHes.
	ctx    context.Context
	cancel context.CancelFunc
}

// add notes an output, whose mu the caller holds.
func (b *batch) add(o *output) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.outs = append(b.outs, o)
	if len(b.outs) > 1 {
		return
	}
	if b.timer == nil {
		b.timer = time.AfterFunc(batchTime, b.flush)
	} else {
		b.timer.Reset(batchTime)
	}
}

// flush wakes the writers.
func (b *batch) flush() {
	b.mu.Lock()
	outs := b.outs
	b.outs = nil
	if b.timer != nil {
		b.timer.Stop()
	}
	b.mu.Unlock()
	for _, o := range outs {
		o.mu.Lock()
		if o.batch == b {
			o.batch = nil
		}
		o.mu.Unlock()
		o.flush()
	}
}

// end flushes, when the commands that came in one go have run.
func (b *batch) end() {
	b.flush()
	if b.cancel != nil {
		b.cancel()
		b.ctx, b.cancel = nil, nil
	}
}

// publishContext bounds how long the PUBLISHes of one batch may wait together.
func (c *conn) publishContext() context.Context {
	if c.published.ctx == nil {
		c.published.ctx, c.published.cancel = context.WithTimeout(c.door.ctx, c.door.o.Publish)
	}
	return c.published.ctx
}
