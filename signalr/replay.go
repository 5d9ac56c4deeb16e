package signalr

// errSequence is what a client is told that goes on with a message too far ahead.
var errSequence = &namedError{
	name:    "InvalidOperationException",
	message: "Sequence ID greater than amount of messages we've received.",
}

// A replay is what a connection must remember to go on over another socket: the
// messages that the client may not have, and which of the client's are known. See
// section 22 of the protocol reference. Messages are numbered from 1 in each
// direction, by both ends for themselves.
//
// It waits for nothing and locks nothing: its owner does.
type replay struct {
	limit int // bytes held before the next message must wait

	// What goes out.
	held    [][]byte // not acknowledged, oldest first; the bytes are shared
	size    int      // bytes in held
	last    int64    // number of the last message there was
	written int64    // number of the last one written to the present socket
	spare   bool     // one message may be held beyond limit
	spared  int      // messages that were, since the last Ack with news

	// What comes in.
	counted   int64 // number of the message before the next one
	processed int64 // highest number there was
	acked     int64 // number in the last Ack
	duplicate bool  // there was a duplicate since
}

// maxSpared is how many messages may be held beyond the limit, one for each new
// socket, while the client acknowledges nothing.
const maxSpared = 8

// roomy reports whether another message may be held. One may exceed the limit, and
// one more after each loss of a socket. The client's last Ack may have been lost with
// it. Microsoft's .NET client does not repeat an Ack before a new message arrives.
func (r *replay) roomy() bool { return r.size <= r.limit || r.spare }

// hold gives a message its number, and keeps it until it is acknowledged.
func (r *replay) hold(frame []byte) {
	if r.size > r.limit && r.spare {
		r.spare = false
		r.spared++
	}
	r.held = append(r.held, frame)
	r.size += len(frame)
	r.last++
}

// oldest is the number of the oldest message held, or of the next there will be.
func (r *replay) oldest() int64 { return r.last - int64(len(r.held)) + 1 }

// acknowledge forgets the messages up to number n. Numbers that no message has
// count as the nearest.
func (r *replay) acknowledge(n int64) {
	n = min(max(n, r.oldest()-1), r.last)
	count := int(n - r.oldest() + 1)
	if count > 0 {
		r.spare, r.spared = false, 0
	}
	for i, frame := range r.held[:count] {
		r.size -= len(frame)
		r.held[i] = nil
	}
	r.held = r.held[count:]
	if len(r.held) == 0 {
		r.held = nil // an idle connection keeps no room
	}
}

// rewind says that there is a new socket, to which nothing has been written.
func (r *replay) rewind() {
	r.written = 0
	r.spare = r.spared < maxSpared
}

// unwritten returns the messages to be written next, and the number of the last.
func (r *replay) unwritten() (frames [][]byte, last int64) {
	skip := max(r.written-r.oldest()+1, 0)
	return r.held[skip:], r.last
}

// wrote says that the messages up to number n have been written.
func (r *replay) wrote(n int64) { r.written = n }

// receive counts a message of the client. It reports false for a duplicate.
func (r *replay) receive() bool {
	r.counted++
	if r.counted <= r.processed {
		r.duplicate = true
		return false
	}
	r.processed = r.counted
	return true
}

// sequence says that the client's next message has number n. No message has one
// below 1. The client may go on after what was processed, though what it repeated
// since did not all come: it may have had the Ack before its socket was lost again.
func (r *replay) sequence(n int64) error {
	if n = max(n, 1); n > r.processed+1 {
		return errSequence
	}
	r.counted = n - 1
	return nil
}

// owesAck reports whether there is something to acknowledge.
func (r *replay) owesAck() bool { return r.processed > r.acked || r.duplicate }

// ack returns the number to acknowledge, which counts as done.
func (r *replay) ack() int64 {
	r.acked, r.duplicate = r.processed, false
	return r.processed
}
