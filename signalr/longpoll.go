package signalr

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// pollLimit is how many bytes wait for the next poll before the connection's
// writer does, and the rest stays in the outbox.
const pollLimit = 64 << 10

// A longPoll is the long polling transport. What is sent waits for the next
// poll, of which there is one at a time; a newer one takes the place of the one
// that waits. Between polls no goroutine belongs to it, only a timer.
type longPoll struct {
	inbox *inbox
	gap   time.Duration // the longest time between polls
	wake  chan struct{} // holds a token when there is something new for the poll
	taken chan struct{} // holds a token when a poll has taken what there was
	over  chan struct{} // closed when the transport has ended

	mu      sync.Mutex
	current *poll               // nil between polls
	next    *poll               // waits for current to end; nil: none
	timer   *time.Timer         // runs between polls; nil before the first ends
	lost    func()              // called when no poll comes; set before the first ends
	refresh func(*http.Request) // called for each later poll; set with lost
	frames  [][]byte            // wait for a poll
	size    int                 // bytes in frames
	closed  bool                // nothing more is sent
	failed  bool                // the connection did
	ended   bool                // over is closed
	killed  bool                // no timer runs any more
}

// A poll is a request that waits for something to be sent.
type poll struct {
	superseded bool          // by a newer one; guarded by longPoll.mu
	done       chan struct{} // closed when it is answered
}

// newLongPoll returns the transport with its first poll pending.
func newLongPoll(in *inbox, gap time.Duration) *longPoll {
	return &longPoll{
		inbox:   in,
		gap:     gap,
		wake:    make(chan struct{}, 1),
		taken:   make(chan struct{}, 1),
		over:    make(chan struct{}),
		current: &poll{done: make(chan struct{})},
	}
}

func (*longPoll) traits() traits { return traits{transport: LongPolling, noPings: true} }

func (*longPoll) setBinary() {} // bodies have no type

func (t *longPoll) receive(buf []byte) ([]byte, error) {
	buf, err := t.inbox.take(buf)
	if err != nil {
		<-t.over // what was sent last is still to be polled
	}
	return buf, err
}

// send leaves frames for the next poll. When much waits for that, so does send.
func (t *longPoll) send(frames [][]byte) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ended {
		return errClientGone
	}
	t.frames = append(t.frames, frames...)
	for _, frame := range frames {
		t.size += len(frame)
	}
	signal(t.wake)
	for t.size >= pollLimit {
		t.mu.Unlock()
		select {
		case <-t.taken:
		case <-t.over:
		}
		t.mu.Lock()
		if t.ended {
			return errClientGone
		}
	}
	return nil
}

// close lets polls take what still waits and then tell the client of the end.
func (t *longPoll) close(failed bool) {
	t.inbox.end()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed, t.failed = true, failed
	signal(t.wake)
}

func (t *longPoll) kill() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.killed = true
	if t.timer != nil {
		t.timer.Stop()
	}
	t.end()
}

// leave ends the transport as the client wishes. If the reader does not notice
// in time, the connection ends as if no poll came.
func (t *longPoll) leave() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.end()
}

// end ends the transport. What came in may still be read. The caller holds mu.
func (t *longPoll) end() {
	t.inbox.end()
	if t.ended {
		return
	}
	t.ended = true
	t.frames, t.size = nil, 0
	close(t.over)
	signal(t.wake)
}

// expire ends the connection because no poll came in time.
func (t *longPoll) expire() {
	t.mu.Lock()
	if t.killed || !t.ended && (t.current != nil || t.next != nil) {
		t.mu.Unlock() // it came just now
		return
	}
	t.end()
	t.mu.Unlock()
	t.lost()
}

// begin makes a request the pending poll. The poll that was pending is cancelled,
// and waited for. A poll for which another waits already is refused, as is one
// whose ctx ends: begin returns nil.
func (t *longPoll) begin(ctx context.Context) *poll {
	p := &poll{done: make(chan struct{})}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.next != nil {
		return nil
	}
	if before := t.current; before != nil {
		t.next = p
		before.superseded = true
		signal(t.wake)
		t.mu.Unlock()
		select {
		case <-before.done:
		case <-ctx.Done():
		}
		t.mu.Lock()
		t.next = nil
		if t.current != nil {
			return nil
		}
	}
	t.current = p
	if t.timer != nil {
		t.timer.Stop()
	}
	return p
}

// finish says that the pending poll is answered. The next must come in time.
func (t *longPoll) finish() {
	t.mu.Lock()
	defer t.mu.Unlock()
	close(t.current.done)
	t.current = nil
	switch {
	case t.killed:
	case t.timer == nil:
		t.timer = time.AfterFunc(t.gap, t.expire)
	default:
		t.timer.Reset(t.gap)
	}
}

// What a poll is answered with.
type pollResult uint8

const (
	pollNothing pollResult = iota // no time left
	pollFrames
	pollEnded   // the transport has ended, or a newer poll is there
	pollClosed  // the same, and the client is told for the first time
	pollFailed  // as pollClosed, after a failure
	pollAborted // by the client
)

// wait waits until there is something to answer p with, but not longer than
// limit. All frames that wait are returned.
func (t *longPoll) wait(ctx context.Context, p *poll, limit time.Duration) (frames [][]byte, size int, result pollResult) {
	timeout := time.NewTimer(limit)
	defer timeout.Stop()
	for {
		if frames, size, result = t.look(p); result != pollNothing {
			return frames, size, result
		}
		select {
		case <-t.wake:
		case <-timeout.C:
			return nil, 0, pollNothing
		case <-ctx.Done():
			return nil, 0, pollAborted
		}
	}
}

// look is wait without waiting.
func (t *longPoll) look(p *poll) (frames [][]byte, size int, result pollResult) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.ended || p.superseded:
		return nil, 0, pollEnded
	case len(t.frames) > 0:
		frames, size = t.frames, t.size
		t.frames, t.size = nil, 0
		signal(t.taken)
		return frames, size, pollFrames
	case t.closed && t.failed:
		return nil, 0, pollFailed
	case t.closed:
		return nil, 0, pollClosed
	}
	return nil, 0, pollNothing
}
