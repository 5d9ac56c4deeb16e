package door

import (
	"net"
	"sync"
	"time"

	"github.com/signalmesh/signalmesh/node/exchange"
)

const (
	// finishTime is how long what waits may take to be written when the Door ends a
	// connection.
	finishTime = time.Second
	// drainTime is the same for when the client ends it.
	drainTime = 10 * time.Second
)

// An output is what waits to be written to one connection. It is bounded: past the
// limit the connection is cut. It knows where each message ends, so that after a
// loss it can say which have not been written.
type output struct {
	nc  net.Conn
	raw net.Conn // the TCP connection of nc; a cut closes it, because closing TLS may block

	mu       sync.Mutex // after that of the exchange
	limit    int        // bytes
	keep     int        // bytes of messages that are kept after a loss; 0 for none
	buf      []byte
	marks    []mark // of the messages in buf
	held     int    // bytes that wait for subscriptions to be confirmed
	writing  int    // bytes of the write under way
	finished bool   // nothing more is to be put; what there is, is written
	cut      bool   // over the limit, or the socket failed
	slow     bool   // over the limit
	linger   bool   // only the sending side is closed when all is written
	lost     *lost  // takes what comes after a cut; nil: nobody does
	batch    *batch // will flush
	wake     chan struct{}
}

// A mark is where a message ends in a buffer.
type mark struct {
	from, end int
	sub       *subscription
	m         *exchange.Message
}

func newOutput(nc, raw net.Conn, limit, keep int) *output {
	return &output{nc: nc, raw: raw, limit: limit, keep: keep, wake: make(chan struct{}, 1)}
}

// allow sets how many bytes may wait.
func (o *output) allow(limit int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.limit = limit
}

// restrict sets how many more bytes may wait in addition to the bytes that wait now.
func (o *output) restrict(limit int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.limit = limit + len(o.buf) + o.writing + o.held
}

// reply appends what make does, a reply, without waking the writer: flush does.
func (o *output) reply(add func(dst []byte) []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.finished || o.cut {
		return
	}
	o.buf = add(o.buf)
	o.check()
}

// flush wakes the writer.
func (o *output) flush() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// push appends a message for a subscription. The caller holds mu.
func (o *output) push(s *subscription, m *exchange.Message) {
	if o.finished || o.cut {
		return
	}
	if m.Encoded == nil {
		m.Encoded = encode(m)
	}
	from := len(o.buf)
	o.buf = append(append(o.buf, s.head...), m.Encoded...)
	if o.keep > 0 {
		o.marks = append(o.marks, mark{from, len(o.buf), s, m})
	}
	o.check()
}

// check cuts the connection if too much waits. The caller holds mu.
func (o *output) check() {
	if o.cut || len(o.buf)+o.writing+o.held <= o.limit {
		return
	}
	o.slow = true
	o.sever()
}

// sever ends the connection at once. What has not been written is kept, if it is to
// be. The caller holds mu.
func (o *output) sever() {
	if o.cut {
		return
	}
	o.cut = true
	if o.keep > 0 && !o.finished {
		o.lost = newLost(o.keep)
		o.lost.addAll(o.marks)
	}
	o.buf, o.marks = nil, nil
	_ = o.raw.Close() // the reader and the writer notice
}

// abandon closes the connection immediately and keeps nothing.
func (o *output) abandon() {
	o.mu.Lock()
	o.keep = 0
	o.sever()
	o.mu.Unlock()
	o.flush()
}

// keepMessages ends the connection when the replies there are have been written. The
// messages that wait, and those to come, are kept.
func (o *output) keepMessages() {
	o.mu.Lock()
	if !o.cut && !o.finished && o.keep > 0 {
		o.lost = newLost(o.keep)
		o.lost.addAll(o.marks)
		o.buf, o.marks = withoutMessages(o.buf, o.marks), nil
	}
	o.mu.Unlock()
	o.finish(drainTime)
}

// withoutMessages is a buffer without the messages that are marked in it.
func withoutMessages(buf []byte, marks []mark) []byte {
	rest, at := buf[:0], 0
	for _, m := range marks {
		rest = append(rest, buf[at:m.from]...)
		at = m.end
	}
	return append(rest, buf[at:]...)
}

// stay makes the end of the connection only that of the sending side, so that the
// client can read what was written to it last; see Door.linger.
func (o *output) stay() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.linger = true
}

func (o *output) lingers() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.linger && !o.cut
}

// finish ends the connection when what there is has been written, or after within.
func (o *output) finish(within time.Duration) {
	o.mu.Lock()
	o.finished = true
	o.mu.Unlock()
	_ = o.nc.SetWriteDeadline(time.Now().Add(within)) // fails if it is closed already
	_ = o.nc.SetReadDeadline(time.Now())
	o.flush()
}

// write writes what there is whenever there is some, until the connection ends.
func (o *output) write() {
	var buf []byte
	var marks []mark
	for {
		o.mu.Lock()
		if len(o.buf) == 0 || o.cut {
			ended, linger := o.cut || o.finished, o.linger && !o.cut
			o.mu.Unlock()
			if linger && ended {
				_ = closeWrite(o.nc)
				return
			}
			if ended {
				_ = o.nc.Close() // the reader notices
				return
			}
			<-o.wake
			continue
		}
		buf, o.buf = o.buf, spare(buf)
		marks, o.marks = o.marks, marks[:0]
		o.writing = len(buf)
		o.mu.Unlock()
		n, err := o.nc.Write(buf)
		o.mu.Lock()
		o.writing = 0
		if err != nil {
			o.sever()
			if o.lost != nil {
				o.lost.addBefore(after(marks, n))
			}
		}
		o.mu.Unlock()
		clear(marks) // they hold messages
	}
}

// spare is a buffer to use again, unless it has become large.
func spare(buf []byte) []byte {
	if cap(buf) > 1<<20 {
		return nil
	}
	return buf[:0]
}

// after are the marks of what ends beyond the first n bytes.
func after(marks []mark, n int) []mark {
	for i, m := range marks {
		if m.end > n {
			return append([]mark(nil), marks[i:]...)
		}
	}
	return nil
}

func (o *output) wasSlow() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.slow
}

func (o *output) wasLost() *lost {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.lost
}
