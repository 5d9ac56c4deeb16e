package signalr

import "sync"

// frameOverhead is what a waiting frame costs besides its bytes, which many
// outboxes may share.
const frameOverhead = 24

// spareFrames is how many frames an idle connection keeps room for.
const spareFrames = 8

// An outbox is the queue of frames that wait to be written to one connection.
// Any goroutine puts. One takes, but only while there is something to take: an
// idle connection has no writer.
type outbox struct {
	limit  int    // bytes
	writer func() // is started when there is something to take, and takes until there is not

	mu      sync.Mutex
	frames  [][]byte
	size    int  // bytes that wait or are being written
	writing int  // the part of size that has been taken
	taking  bool // writer runs
	sealed  bool
	room    chan struct{} // closed when streams may look for room; nil: none waits
}

func newOutbox(limit int, writer func()) *outbox {
	return &outbox{limit: limit, writer: writer}
}

// put queues frame, which must not change any more. It never blocks. With no
// room left it returns ErrSlow; but a frame always fits if nothing waits. What
// is put into a sealed outbox goes nowhere.
func (o *outbox) put(frame []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.sealed {
		return nil
	}
	cost := len(frame) + frameOverhead
	if o.size > 0 && o.size+cost > o.limit {
		return ErrSlow
	}
	o.append(frame, cost)
	return nil
}

// append queues frame. The caller holds mu.
func (o *outbox) append(frame []byte, cost int) {
	o.frames = append(o.frames, frame)
	o.size += cost
	o.wake()
}

// seal ends the queue: last, unless nil, is the last frame in it. With discard,
// what waits before it is dropped.
func (o *outbox) seal(last []byte, discard bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.sealed {
		return
	}
	if discard {
		o.frames = nil
	}
	if last != nil {
		o.frames = append(o.frames, last)
	}
	o.sealed = true
	o.wake()
	o.resume()
}

// take returns all frames there are, in order. They count as waiting until the
// next take. With none the writer is to end: for now, or, with over, for good,
// because the outbox is sealed. spare is a slice to use again; it may be nil.
func (o *outbox) take(spare [][]byte) (frames [][]byte, over bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.size -= o.writing
	o.writing = 0
	if o.roomy(0) {
		o.resume()
	}
	if len(o.frames) > 0 {
		frames, o.frames = o.frames, spare
		o.writing = o.size
		return frames, false
	}
	if cap(spare) <= spareFrames {
		o.frames = spare
	}
	o.taking = o.sealed // then nothing starts it any more
	return nil, o.sealed
}

// idle reports whether nothing waits and nothing is being written.
func (o *outbox) idle() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.size == 0
}

// wake starts the writer, unless it runs. The caller holds mu.
func (o *outbox) wake() {
	if !o.taking {
		o.taking = true
		go o.writer() // ends when there is nothing to take
	}
}
