package signalr

import (
	"context"
	"errors"

	"github.com/signalmesh/signalmesh/signalr/protocol"
)

// receive receives from the present socket, and waits if there is none. What was
// received from another one that is not a whole message is to be forgotten after
// errInterrupted.
func (l *link) receive(buf []byte) ([]byte, error) {
	if err := l.choose(); err != nil {
		return buf, err
	}
	buf, err := l.from.receive(buf)
	if err == nil {
		return buf, nil
	}
	if l.failed(err) {
		l.c.log().Debug("socket lost; the client may come back", "gap", l.gap)
		return buf, errInterrupted
	}
	return buf, err
}

// failed takes note of an error in receiving. It reports whether that is no end
// of the connection.
func (l *link) failed(err error) (interrupted bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.ending():
		return false
	case l.socket != l.from: // given up already
	case errors.Is(err, errClientLeft):
		l.left = true
		return false
	case errors.Is(err, errClientGone):
		l.lose(l.from)
	default: // the client broke the rules
		return false
	}
	l.from = nil
	return true
}

// choose waits for the socket to receive from.
func (l *link) choose() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for {
		switch {
		case l.from != nil && l.from != l.socket:
			l.from = nil
			return errInterrupted
		case l.socket != nil:
			l.from = l.socket
			return nil
		case l.ending():
			return errClientAway
		}
		l.wait(context.Background())
	}
}

// count takes note of a message that came in. It reports false if that is to be
// ignored, since it concerns the link only or came before.
func (l *link) count(m protocol.Message) (news bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch m := m.(type) {
	case protocol.Ack:
		l.replay.acknowledge(m.SequenceID)
		l.notify()
		return false, nil
	case protocol.Sequence:
		return false, l.replay.sequence(m.SequenceID)
	}
	return !protocol.IsTracked(m) || l.replay.receive(), nil
}
