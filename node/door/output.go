package door

import (
	"net"
	"slices"
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

const (
	// chunkSize is the most bytes of one write, unless one message has more.
	chunkSize = 64 << 10
	// maxSpare is how many pieces a slice may have room for that is used again.
	maxSpare = 4096
)

// An output is what waits to be written to one connection. It is bounded: past the
// limit the connection is cut. Waiting messages are shared with other connections,
// and are copied for the write. After a loss the output knows the messages that were not
// written.
type output struct {
	nc  net.Conn
	raw net.Conn // the TCP connection of nc; a cut closes it, because closing TLS may block

	mu       sync.Mutex // after that of the exchange
	limit    int        // bytes
	keep     int        // bytes of messages that are kept after a loss; 0 for none
	queue    []piece
	bytes    int    // that the queue costs
	held     int    // bytes that wait for subscriptions to be confirmed
	writing  int    // what the write under way costs
	finished bool   // nothing more is to be put; what there is, is written
	cut      bool   // over the limit, or the socket failed
	slow     bool   // over the limit
	linger   bool   // only the sending side is closed when all is written
	lost     *lost  // takes what comes after a cut; nil: nobody does
	batch    *batch // will flush
	wake     chan struct{}
}

// A piece is a part of the output: replies, or one message.
type piece struct {
	text []byte // replies, or what the message begins with
	sub  *subscription
	m    *exchange.Message // nil: replies
}

// size is how many bytes are written.
func (p piece) size() int {
	if p.m == nil {
		return len(p.text)
	}
	return len(p.text) + len(p.m.Encoded)
}

// cost returns the bytes that the piece uses of the limit.
func (p piece) cost() int {
	if p.m == nil {
		return len(p.text)
	}
	return cost(p.m)
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
	o.limit = limit + o.bytes + o.writing + o.held
}

// reply appends what make does, a reply, without waking the writer: flush does.
func (o *output) reply(add func(dst []byte) []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.finished || o.cut {
		return
	}
	o.put(add)
	o.check()
}

// put appends a reply. The caller holds mu.
func (o *output) put(add func(dst []byte) []byte) {
	last := len(o.queue) - 1
	if last < 0 || o.queue[last].m != nil || len(o.queue[last].text) >= chunkSize {
		o.queue = append(o.queue, piece{})
		last++
	}
	p := &o.queue[last]
	before := len(p.text)
	p.text = add(p.text)
	o.bytes += len(p.text) - before
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
	p := piece{text: s.head, sub: s, m: m}
	o.queue = append(o.queue, p)
	o.bytes += p.cost()
	o.check()
}

// check cuts the connection if too much waits. The caller holds mu.
func (o *output) check() {
	if o.cut || o.bytes+o.writing+o.held <= o.limit {
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
	switch {
	case o.lost != nil:
		o.lost.addBefore(o.queue)
	case o.keep > 0 && !o.finished:
		o.lost = newLost(o.keep)
		o.lost.addAll(o.queue)
	}
	o.queue, o.bytes = nil, 0
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
		o.lost.addAll(o.queue)
		o.queue = slices.DeleteFunc(o.queue, func(p piece) bool { return p.m != nil })
		o.bytes = 0
		for _, p := range o.queue {
			o.bytes += p.cost()
		}
	}
	o.mu.Unlock()
	o.finish(drainTime)
}

// keepLater ends the connection when everything that waits has been written. Later
// messages are kept, and those that cannot be written.
func (o *output) keepLater() {
	o.mu.Lock()
	if !o.cut && !o.finished && o.keep > 0 {
		o.lost = newLost(o.keep)
	}
	o.mu.Unlock()
	o.stay() // the client reads everything before the connection is closed
	o.finish(finishTime)
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
	var taken []piece
	var buf []byte
	for {
		o.mu.Lock()
		if len(o.queue) == 0 || o.cut {
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
		taken = o.take(taken)
		o.mu.Unlock()
		n, err := o.writePieces(taken, &buf)
		o.mu.Lock()
		o.writing = 0
		if err != nil {
			o.sever()
			if o.lost != nil {
				o.lost.addBefore(after(taken, n))
			}
		}
		o.mu.Unlock()
		clear(taken) // they hold messages
	}
}

// take takes the next pieces off the queue, up to chunkSize, into a slice whose elements
// are unused. The caller holds mu.
func (o *output) take(into []piece) []piece {
	if cap(into) > maxSpare {
		into = nil
	}
	size, n := 0, 0
	o.writing = 0
	for n < len(o.queue) && (n == 0 || size+o.queue[n].size() <= chunkSize) {
		size += o.queue[n].size()
		o.writing += o.queue[n].cost()
		n++
	}
	o.bytes -= o.writing
	if n == len(o.queue) {
		into, o.queue = o.queue, into[:0]
		return into
	}
	into = append(into[:0], o.queue[:n]...)
	clear(o.queue[:n])
	o.queue = o.queue[n:]
	return into
}

// writePieces writes pieces and returns how many bytes it has written. Pieces are copied
// to buf to be written together; one that is larger than chunkSize is not copied.
func (o *output) writePieces(pieces []piece, buf *[]byte) (int, error) {
	if p := pieces[0]; len(pieces) == 1 && p.m != nil && p.size() > chunkSize {
		parts := net.Buffers{p.text, p.m.Encoded}
		n, err := parts.WriteTo(o.nc)
		return int(n), err
	}
	b := (*buf)[:0]
	for _, p := range pieces {
		b = append(b, p.text...)
		if p.m != nil {
			b = append(b, p.m.Encoded...)
		}
	}
	*buf = spare(b)
	return o.nc.Write(b)
}

// spare is a buffer to use again, unless it has become large.
func spare(buf []byte) []byte {
	if cap(buf) > 2*chunkSize {
		return nil
	}
	return buf[:0]
}

// after are the messages that end beyond the first n bytes.
func after(pieces []piece, n int) (rest []piece) {
	end := 0
	for _, p := range pieces {
		if end += p.size(); end > n && p.m != nil {
			rest = append(rest, p)
		}
	}
	return rest
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
