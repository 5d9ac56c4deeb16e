package signalr

import (
	"cmp"
	"context"
	"net/http"
	"sync"
	"time"
)

// pollLimit is how many bytes wait for the next poll before the connection's
// writer does, and the rest stays in the outbox.
const pollLimit = 64 << 10

// lastPollTime is how long an ending connection waits for the next poll, from the end of
// the last one. A client that still polls takes one round trip.
const lastPollTime = time.Second

// A pollLife is how far a longPoll has come.
//
//	lifeOpen ──close──▶ lifeClosing ──last poll──▶ lifeOver
//	   │                     │                       ▲  ▲
//	   │                     └─no poll in time─▶ lifeUnfetched
//	   └──────no poll in time, DELETE, kill──────────┘
type pollLife uint8

const (
	lifeOpen      pollLife = iota
	lifeClosing            // nothing more is sent; polls fetch the rest
	lifeUnfetched          // the same, and the connection does not wait for that
	lifeOver               // there is nothing to fetch
)

// A longPoll is the long polling transport. What is sent waits for the next
// poll, of which there is one at a time; a newer one takes the place of the one
// that waits. Between polls no goroutine belongs to it, only a timer.
type longPoll struct {
	inbox *inbox
	wake  chan struct{} // holds a token when there is something new for the poll
	taken chan struct{} // holds a token when a poll has taken what there was
	over  chan struct{} // closed when the connection is done with the transport

	mu      sync.Mutex
	gap     time.Duration // the longest time between polls
	life    pollLife
	current *poll               // nil between polls
	next    *poll               // waits for current to end; nil: none
	polled  time.Time           // when the last poll ended
	timer   *time.Timer         // runs between polls; nil before the first ends
	lost    func()              // called when no poll comes; set before the first ends
	refresh func(*http.Request) // called for each later poll; set with lost
	frames  [][]byte            // wait for a poll
	size    int                 // bytes in frames
	leaving bool                // the connection is ending
	failed  bool                // the connection did
	absence error               // errClientSilent or errClientAway if no poll came in time; else nil
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

func (*longPoll) traits() traits {
	return traits{transport: LongPolling, noPings: true, requests: true}
}

func (*longPoll) setBinary() {} // bodies have no type

func (t *longPoll) receive(buf []byte) ([]byte, error) {
	buf, err := t.inbox.take(buf)
	if err != nil {
		<-t.over // what was sent last is still to be polled
		err = t.missing()
	}
	return buf, err
}

// send leaves frames for the next poll. When much waits for that, so does send.
func (t *longPoll) send(frames [][]byte) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.life >= lifeUnfetched {
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
		if t.life >= lifeUnfetched {
			return errClientGone
		}
	}
	return nil
}

// close lets polls take what still waits and then tell the client of the end.
func (t *longPoll) close(failed bool) {
	t.inbox.conclude()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.life, t.failed = max(t.life, lifeClosing), failed
	signal(t.wake)
	t.await()
}

// hasten says that the connection is ending: a client that is between two polls has
// lastPollTime since the end of the last one.
func (t *longPoll) hasten() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.leaving && t.timer != nil && t.current == nil && t.next == nil && time.Since(t.polled) >= lastPollTime {
		t.absence = errClientAway
	}
	t.leaving = true
	t.await()
}

// await starts the time for the next poll, unless there is one. The caller holds mu.
func (t *longPoll) await() {
	if t.killed || t.timer == nil || t.current != nil || t.next != nil {
		return
	}
	limit := t.gap
	if t.leaving {
		limit = min(limit, lastPollTime)
	}
	t.timer.Reset(time.Until(t.polled.Add(limit)))
}

// kill ends the transport, except that polls still fetch the rest in lifeUnfetched.
func (t *longPoll) kill() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.killed = true
	if t.timer != nil {
		t.timer.Stop()
	}
	if t.life != lifeUnfetched {
		t.end()
	}
}

// forget ends the transport and drops the rest.
func (t *longPoll) forget() {
	t.kill()
	t.leave()
}

// unfetched reports whether polls may still fetch the rest, and until when.
func (t *longPoll) unfetched() (until time.Time, left bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.polled.Add(t.gap), t.life == lifeUnfetched
}

func (t *longPoll) isLeaving() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.leaving
}

// missing returns why the client did not fetch the end, or errClientGone if it did.
func (t *longPoll) missing() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return cmp.Or(t.absence, errClientGone)
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
	if t.life < lifeUnfetched {
		close(t.over)
	}
	t.life = lifeOver
	t.frames, t.size = nil, 0
	signal(t.wake)
}

// expire is called when no poll came in time. It ends the connection. If only its end
// was to be fetched, later polls may still fetch that.
func (t *longPoll) expire() {
	t.mu.Lock()
	if t.killed || t.life == lifeUnfetched || t.life != lifeOver && (t.current != nil || t.next != nil) {
		t.mu.Unlock() // it came just now, or the connection does not wait for it
		return
	}
	switch {
	case t.life == lifeClosing:
		t.absence = cmp.Or(t.absence, errClientSilent)
		t.life = lifeUnfetched
		close(t.over)
		t.mu.Unlock()
		return
	case t.leaving && t.life == lifeOpen && t.size < pollLimit && time.Since(t.polled) < t.gap:
		t.timer.Reset(lastPollTime) // OnDisconnected still runs
		t.mu.Unlock()
		return
	}
	if t.life == lifeOpen {
		t.absence = cmp.Or(t.absence, errClientSilent)
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
	t.absence = nil
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
	t.polled = time.Now()
	if t.timer == nil && !t.killed {
		t.timer = time.AfterFunc(t.gap, t.expire)
	}
	t.await()
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
	case t.life == lifeOver || p.superseded:
		return nil, 0, pollEnded
	case len(t.frames) > 0:
		frames, size = t.frames, t.size
		t.frames, t.size = nil, 0
		signal(t.taken)
		return frames, size, pollFrames
	case t.life >= lifeClosing && t.failed:
		return nil, 0, pollFailed
	case t.life >= lifeClosing:
		return nil, 0, pollClosed
	}
	return nil, 0, pollNothing
}
