package signalr

import "sync"

// frameOverhead is what a waiting frame costs besides its bytes, which many
// outboxes may share.
const frameOverhead = 24

// spareFrames is how many frames an idle connection keeps room for.
const spareFrames = 8

// An outbox is the queue of frames that wait to be written to one connection.
// Any goroutine puts; one takes.
type outbox struct {
	limit int           // bytes
	wake  chan struct{} // holds a token when there is something new to see

	mu      sync.Mutex
	frames  [][]byte
	size    int // bytes that wait or are being written
	writing int // the part of size that has been taken
	sealed  bool
	room    chan struct{} // closed when streams may look for room; nil: none waits
}

func newOutbox(limit int) *outbox {
	return &outbox{limit: limit, wake: make(chan struct{}, 1)}
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
	o.signal()
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
	o.signal()
	o.resume()
}

// take waits for frames and returns all there are, in order. They count as
// waiting until the next take. ok is false when the outbox is sealed and empty.
// spare is a slice to use again; it may be nil.
func (o *outbox) take(spare [][]byte) (frames [][]byte, ok bool) {
	for {
		o.mu.Lock()
		o.size -= o.writing
		o.writing = 0
		if o.roomy(0) {
			o.resume()
		}
		if len(o.frames) > 0 {
			frames, o.frames = o.frames, spare
			o.writing = o.size
			o.mu.Unlock()
			return frames, true
		}
		sealed := o.sealed
		o.mu.Unlock()
		if sealed {
			return nil, false
		}
		if cap(spare) > spareFrames {
			spare = nil
		}
		<-o.wake
	}
}

// idle reports whether nothing waits and nothing is being written.
func (o *outbox) idle() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.size == 0
}

// signal makes take look again. The caller holds mu.
func (o *outbox) signal() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}
