package virtual

import (
	"bytes"
	"encoding/binary"

	"github.com/signalmesh/signalmesh/mesh/frame"
)

// write writes what the core has for the link, as far as the pipe takes it.
func (l *link) write() {
	for l.open {
		p := &l.conn.pipes[l.conn.side(l.seat.life)]
		if p.inflight >= pipeBytes {
			if !l.blocked {
				l.blocked = true
				p.blocked = append(p.blocked, l)
			}
			return
		}
		w := l.seat.life.w
		w.scratch = l.seat.core.Next(w.now, l.peer.peer, w.scratch[:0])
		if len(w.scratch) == 0 {
			return
		}
		l.send(bytes.Clone(w.scratch))
	}
}

func (l *link) hello() {
	l.send(frame.Append(nil, l.seat.core.Hello(l.peer.peer)))
}

// send sends a batch of whole frames.
func (l *link) send(batch []byte) {
	p := l.parcel()
	p.size, p.frames = onWire(len(batch)), p.room[:0]
	for len(batch) > 0 {
		size := 4 + binary.BigEndian.Uint32(batch)
		f, err := frame.Parse(batch[4:size])
		if err != nil {
			l.seat.life.w.book.Break("%s wrote a malformed frame: %v", l.seat.life.host.Name, err)
			return
		}
		p.frames = append(p.frames, f)
		batch = batch[size:]
	}
	p.count = len(p.frames)
	p.send()
}

// endStream tells the peer that our stream has ended.
func (l *link) endStream() {
	p := l.parcel()
	p.size, p.ended = onWire(12), true
	p.send()
}

// parcel returns an empty parcel of the link, one that was used before if there is one.
func (l *link) parcel() *parcel {
	w := l.seat.life.w
	p := &parcel{}
	if last := len(w.spare) - 1; last >= 0 {
		p, w.spare = w.spare[last], w.spare[:last]
	}
	p.conn, p.app, p.side = l.conn, l.seat.topic.app, l.conn.side(l.seat.life)
	return p
}

func onWire(bytes int) int {
	bytes += batchHeader
	return bytes + (bytes+segment-1)/segment*segmentHeader
}
