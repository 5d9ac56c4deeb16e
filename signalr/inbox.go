package signalr

import (
	"context"
	"sync"
)

const (
	// inboxLimit is how many bytes from POST requests wait for the reader of a
	// connection before the next request does. It goes on at half of that.
	inboxLimit = 64 << 10
	// earlyLimit is the same for a connection that is not open yet, of which a
	// client may negotiate many. A handshake fits.
	earlyLimit = 4 << 10
)

// An inbox holds what a client sent by POST until the connection's reader takes
// it. Requests put, one at a time; one goroutine takes.
type inbox struct {
	turn    chan struct{} // holds a token while a request is putting
	filled  chan struct{} // holds a token when there is something new to take
	drained chan struct{} // holds a token when there is room again
	ended   chan struct{} // closed when nothing more is put

	mu    sync.Mutex
	buf   []byte
	limit int
	over  bool // ended is closed
	drops bool // requests after the end are read and dropped; else they are refused
}

func newInbox() *inbox {
	return &inbox{
		turn:    make(chan struct{}, 1),
		filled:  make(chan struct{}, 1),
		drained: make(chan struct{}, 1),
		ended:   make(chan struct{}),
		limit:   earlyLimit,
	}
}

// open makes the full room available.
func (in *inbox) open() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.limit = inboxLimit
	signal(in.drained)
}

// lock waits for the turn of a request, which unlock ends. It fails with
// errClientGone once the inbox has ended, or as ctx does.
func (in *inbox) lock(ctx context.Context) error {
	select {
	case in.turn <- struct{}{}:
		return nil
	case <-in.ended:
		return errClientGone
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (in *inbox) unlock() { <-in.turn }

// put takes a copy of p, and then waits until there is room again. The caller
// has the turn. Once the inbox has ended it fails with errClientGone.
func (in *inbox) put(ctx context.Context, p []byte) error {
	in.mu.Lock()
	if in.over {
		in.mu.Unlock()
		return errClientGone
	}
	in.buf = append(in.buf, p...)
	full := len(in.buf) >= in.limit
	in.mu.Unlock()
	signal(in.filled)
	for full {
		select {
		case <-in.drained:
		case <-in.ended:
			return errClientGone
		case <-ctx.Done():
			return ctx.Err()
		}
		in.mu.Lock()
		full = len(in.buf) >= in.limit/2
		in.mu.Unlock()
	}
	return nil
}

// take waits for bytes and appends them to buf, as many as it has room for. When
// the inbox has ended and is empty it returns errClientGone.
func (in *inbox) take(buf []byte) ([]byte, error) {
	for {
		in.mu.Lock()
		if len(in.buf) > 0 {
			buf = in.move(buf)
			in.mu.Unlock()
			return buf, nil
		}
		over := in.over
		in.mu.Unlock()
		if over {
			return buf, errClientGone
		}
		select {
		case <-in.filled:
		case <-in.ended:
		}
	}
}

// move appends to buf what it has room for. The caller holds mu.
func (in *inbox) move(buf []byte) []byte {
	buf = room(buf)
	n := copy(buf[len(buf):cap(buf)], in.buf)
	if in.buf = in.buf[n:]; len(in.buf) == 0 {
		in.buf = nil // an idle connection keeps no buffer
	}
	if len(in.buf) < in.limit/2 {
		signal(in.drained)
	}
	return buf[:len(buf)+n]
}

// end lets nothing more in. What is there may still be taken.
func (in *inbox) end() { in.finish(false) }

// conclude is end for a connection that still has a Close message for its client.
// Requests are dropped and not refused, since a client that reads a refusal does not
// read the Close message.
func (in *inbox) conclude() { in.finish(true) }

func (in *inbox) finish(drops bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if !in.over {
		in.over, in.drops = true, drops
		close(in.ended)
	}
}

// isDropping reports whether requests are dropped, and not refused.
func (in *inbox) isDropping() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.drops
}

// signal leaves a token in c, which has room for one.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
