package mesh

import (
	"context"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"

	"github.com/signalmesh/signalmesh/mesh/core"
	"github.com/signalmesh/signalmesh/mesh/frame"
)

// framesProtocol is the direct road. Each side opens one stream and writes on it;
// the first frame is a Hello.
const framesProtocol protocol.ID = "/signalmesh/frames/1"

const (
	reopenPause    = 50 * time.Millisecond
	reopenPauseMax = 2 * time.Second
)

// A link is our stream to one peer.
type link struct {
	wake   chan struct{} // Next has something
	cancel context.CancelFunc
	again  bool // the peer showed up again; guarded by Topic.mu
}

// link makes sure that there is a link to p, or that one is being opened.
func (t *Topic) link(p peer.ID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if l := t.links[p]; l != nil {
		l.again = true
		return
	}
	if t.closing || p == t.mesh.host.ID() || !t.mesh.allows(p, t.application) {
		return
	}
	ctx, cancel := context.WithCancel(t.ctx)
	l := &link{wake: make(chan struct{}, 1), cancel: cancel}
	t.links[p] = l
	t.work.Go(func() {
		defer cancel()
		t.keepLink(ctx, p, l)
	})
}

// keepLink opens a stream to p and writes on it; a broken one is opened again as
// long as p is connected. It ends when p is not, or when ctx ends.
func (t *Topic) keepLink(ctx context.Context, p peer.ID, l *link) {
	for pause := reopenPause; ; pause = min(2*pause, reopenPauseMax) {
		opened := time.Now()
		err := t.runLink(ctx, p, l)
		if time.Since(opened) > time.Second {
			pause = reopenPause
		}
		t.log.Debug("link ended", "peer", p.String(), "err", err)
		if t.unlink(ctx, p, l) {
			return
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
	}
}

// unlink forgets the link if there is no reason to open it again.
func (t *Topic) unlink(ctx context.Context, p peer.ID, l *link) (forgotten bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if ctx.Err() == nil && (l.again || t.mesh.connected(p)) {
		l.again = false
		return false
	}
	delete(t.links, p)
	return true
}

// runLink opens a stream to p and writes on it what the core has, until it breaks.
func (t *Topic) runLink(ctx context.Context, p peer.ID, l *link) error {
	opening, cancel := context.WithTimeout(network.WithNoDial(ctx, "mesh"), t.mesh.o.DialTimeout)
	defer cancel()
	s, err := t.mesh.host.NewStream(opening, p, framesProtocol)
	if err != nil {
		return err
	}
	ctx, cancel = context.WithCancel(ctx)
	defer cancel()
	// The peer writes nothing on this stream, so a read returns when it is dead:
	// an idle writer would not notice.
	var watching sync.WaitGroup
	defer watching.Wait()
	watching.Go(func() {
		_, err := s.Read(make([]byte, 1))
		t.heed(p, err)
		cancel()
	})
	stop := context.AfterFunc(ctx, func() { _ = s.Reset() })
	defer stop()
	defer s.Reset()

	t.mu.Lock()
	l.again = false
	hello := t.core.Hello(core.Peer(p))
	t.mu.Unlock()
	if _, err := s.Write(frame.Append(nil, hello)); err != nil {
		return err
	}
	t.mu.Lock()
	t.core.LinkUp(t.mesh.now(), core.Peer(p))
	t.mu.Unlock()
	err = t.write(ctx, p, s, l)
	t.mu.Lock()
	t.core.LinkDown(t.mesh.now(), core.Peer(p))
	t.mu.Unlock()
	return err
}

// write writes what the core has for p. What is offered while a batch is being
// written leaves with the next one, so an idle link adds no delay.
func (t *Topic) write(ctx context.Context, p peer.ID, s network.Stream, l *link) error {
	var batch []byte
	for {
		t.mu.Lock()
		batch = t.core.Next(t.mesh.now(), core.Peer(p), batch[:0])
		t.mu.Unlock()
		if len(batch) > 0 {
			if _, err := s.Write(batch); err != nil {
				return err
			}
			t.count.bytesSent.Add(uint64(len(batch)))
			continue
		}
		select {
		case <-l.wake:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
