package mesh

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/signalmesh/signalmesh/mesh/core"
	"github.com/signalmesh/signalmesh/mesh/frame"
)

// helloTimeout is how long a peer may take to say hello on a stream it opened.
const helloTimeout = 10 * time.Second

// readBuffer holds a few small frames, so that they need one read.
const readBuffer = 4 << 10

// keptRecords is the longest list of records that a link keeps room for.
const keptRecords = 4096

// A welcome is the stream one peer opened to us.
type welcome struct{ stream network.Stream }

var errNoHello = fmt.Errorf("%w: no hello", frame.ErrMalformed)

// accept serves a stream that a peer opened.
func (m *Mesh) accept(s network.Stream) {
	p := s.Conn().RemotePeer()
	r := bufio.NewReaderSize(s, readBuffer)
	_ = s.SetReadDeadline(time.Now().Add(helloTimeout))
	f, err := readFrame(r)
	hello, ok := f.(frame.Hello)
	if err != nil || !ok {
		m.o.Logger.Debug("stream without hello refused", "peer", p.String(), "err", errors.Join(errNoHello, err))
		_ = s.Reset()
		return
	}
	_ = s.SetReadDeadline(time.Time{})
	if !m.allows(p, hello.Application) {
		m.refuseApplication(p, hello.Application)
		_ = s.Reset()
		return
	}
	t := m.topicOf(hello.Application)
	if t == nil || !t.welcome(p, s, hello) {
		_ = s.Reset()
		return
	}
	defer t.work.Done()
	err = t.read(p, r)
	_ = s.Reset()
	t.farewell(p, s)
	if errors.Is(err, core.ErrViolation) || errors.Is(err, frame.ErrMalformed) {
		t.cutOff(p, err)
	}
}

// welcome takes a peer's hello. If it is taken, the caller must call work.Done.
func (t *Topic) welcome(p peer.ID, s network.Stream, hello frame.Hello) bool {
	t.mu.Lock()
	if t.ctx.Err() != nil || t.closing {
		t.mu.Unlock()
		return false
	}
	if err := t.core.Welcome(t.mesh.now(), core.Peer(p), hello); err != nil {
		t.mu.Unlock()
		t.cutOff(p, err)
		return false
	}
	t.work.Add(1)
	if old := t.welcomes[p]; old != nil {
		_ = old.stream.Reset()
	}
	t.welcomes[p] = &welcome{s}
	t.mu.Unlock()
	t.link(p)
	t.deliver(core.Peer(p))
	return true
}

// farewell notes that the stream of a peer has ended.
func (t *Topic) farewell(p peer.ID, s network.Stream) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if w := t.welcomes[p]; w != nil && w.stream == s {
		delete(t.welcomes, p)
		t.core.WelcomeOver(t.mesh.now(), core.Peer(p))
		signal(t.shell.ended)
	}
}

// read takes the frames of a peer and delivers what they release, until the
// stream ends. A slow receiver slows the peer down.
func (t *Topic) read(p peer.ID, r *bufio.Reader) error {
	var records [][]byte // of the frame, again and again
	for {
		f, err := readFrameInto(records, r)
		if err != nil {
			return err
		}
		if f == nil {
			continue // of a later version
		}
		t.mu.Lock()
		t.shell.reading = core.Peer(p)
		err = t.core.Frame(t.mesh.now(), core.Peer(p), f)
		t.shell.reading = ""
		_, waiting := t.shell.inboxes[core.Peer(p)]
		t.mu.Unlock()
		if waiting {
			t.deliver(core.Peer(p))
		}
		if err != nil {
			return err
		}
		if d, ok := f.(*frame.Data); ok && cap(d.Records) <= keptRecords {
			clear(d.Records) // an idle link keeps no frame
			records = d.Records[:0]
		}
		if _, bye := f.(frame.Bye); bye {
			t.dismiss(p)
			return nil
		}
	}
}

// dismiss ends our link to a peer that said goodbye, which tells it that we heard.
func (t *Topic) dismiss(p peer.ID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if l := t.links[p]; l != nil {
		l.again = false
		l.cancel()
	}
}

func readFrame(r *bufio.Reader) (frame.Frame, error) { return readFrameInto(nil, r) }

// readFrameInto reads one frame. Its bytes are its own: they may be kept. The list of
// its records uses the room of records.
func readFrameInto(records [][]byte, r *bufio.Reader) (frame.Frame, error) {
	var length [4]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return nil, err
	}
	size := binary.BigEndian.Uint32(length[:])
	if size == 0 || size > frame.MaxFrame {
		return nil, fmt.Errorf("%w: %d bytes, limit %d", frame.ErrMalformed, size, frame.MaxFrame)
	}
	body := make([]byte, size)
	if _, err := io.ReadFull(r, body); err != nil {
		return nil, err
	}
	return frame.ParseInto(records, body)
}
