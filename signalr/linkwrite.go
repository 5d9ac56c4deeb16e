package signalr

import (
	"context"

	"github.com/signalmesh/signalmesh/signalr/protocol"
)

// send holds the frames that are counted, waiting for room if need be, and writes
// all that is due. A socket that is lost on the way is no error.
func (l *link) send(frames [][]byte) error {
	for _, frame := range frames {
		var err error
		switch {
		case len(frame) == 0:
			l.mu.Lock()
			l.nudged = false
			l.mu.Unlock()
		case l.tracks(frame):
			err = l.hold(frame)
		default:
			err = l.flush(frame)
		}
		if err != nil {
			return err
		}
	}
	return l.flush(nil)
}

// tracks reports whether a frame is counted.
func (l *link) tracks(frame []byte) bool {
	l.mu.Lock()
	p := l.protocol
	l.mu.Unlock()
	return p != nil && protocol.IsTrackedFrame(p, frame)
}

// hold gives a frame its place, as soon as there is room; a connection that ends
// has room for all. What is due is written meanwhile.
func (l *link) hold(frame []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for !l.replay.roomy() && !l.ending() {
		if l.due() {
			l.mu.Unlock()
			err := l.flush(nil)
			l.mu.Lock()
			if err != nil {
				return err
			}
			continue
		}
		l.wait(context.Background())
	}
	l.replay.hold(frame)
	return nil
}

// due reports whether there is something to write and a socket for it. The caller
// holds mu.
func (l *link) due() bool {
	if l.socket == nil {
		return false
	}
	unwritten, _ := l.replay.unwritten()
	return !l.begun || l.ackDue || l.pingDue || len(unwritten) > 0
}

// flush writes what is due, and then extra, unless it is nil. Without a socket
// that waits for the next one, but for extra: then the connection has ended.
func (l *link) flush(extra []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for {
		s := l.socket
		if s == nil && l.ending() {
			return errClientGone
		}
		if s == nil || extra == nil && !l.due() {
			return nil
		}
		last := l.compose(extra)
		err := l.write(s)
		switch {
		case err != nil && l.c == nil:
			return err
		case err != nil:
			l.lose(s)
		case l.socket == s:
			l.replay.wrote(last)
			l.begun, extra = true, nil
		}
	}
}

// compose collects what is due, and extra, in the order in which it goes out, and
// returns the number of the last message in it. The caller holds mu.
func (l *link) compose(extra []byte) (last int64) {
	if !l.begun {
		l.out = l.append(l.out, protocol.Sequence{SequenceID: l.replay.oldest()})
	}
	unwritten, last := l.replay.unwritten()
	l.out = append(l.out, unwritten...)
	if l.ackDue {
		l.out = l.append(l.out, protocol.Ack{SequenceID: l.replay.ack()})
	}
	if l.pingDue {
		l.out = append(l.out, l.c.server.pings[l.c.protocol])
	}
	l.ackDue, l.pingDue = false, false
	if extra != nil {
		l.out = append(l.out, extra)
	}
	return last
}

func (l *link) append(frames [][]byte, m protocol.Message) [][]byte {
	frame, _ := l.protocol.Append(nil, m) // a number can always be encoded
	return append(frames, frame)
}

// write writes what has been composed. The caller holds mu, which is free
// meanwhile.
func (l *link) write(s *webSocket) error {
	l.writing = true
	l.mu.Unlock()
	err := s.send(l.out)
	clear(l.out)
	if l.out = l.out[:0]; cap(l.out) > spareFrames {
		l.out = nil // an idle connection keeps little room
	}
	l.mu.Lock()
	l.writing = false
	l.notify()
	return err
}
