package mesh

import (
	"errors"
	"time"
)

// Close says goodbye to the members, waits up to CloseTimeout until they have what
// was published, and ends the topic. It may be called twice.
func (t *Topic) Close() error {
	var err error
	t.once.Do(func() {
		t.leave()
		left := t.attached()
		t.mu.Lock()
		for _, w := range t.welcomes {
			_ = w.stream.Reset()
		}
		t.mu.Unlock()
		if left > 0 {
			t.log.Warn("left before every server had heard the goodbye", "servers", left)
		}
		t.cancel()
		t.events.Cancel()
		t.sub.Cancel()
		t.work.Wait()
		err = errors.Join(t.gossip.Close(), t.mesh.gossip.UnregisterTopicValidator(t.name))
		t.mesh.forget(t)
	})
	return err
}

// leave sends the goodbye and waits until the members have closed their streams, which
// they do when they have taken all that was before it. A peer that has our Hello takes
// this server for a member. Its own Hello is awaited, so that it gets the goodbye too.
func (t *Topic) leave() {
	t.mu.Lock()
	t.closing = true
	t.core.Leave()
	t.shell.Room()
	t.mu.Unlock()
	timeout := time.NewTimer(t.mesh.o.CloseTimeout)
	defer timeout.Stop()
	for t.attached() > 0 {
		select {
		case <-t.shell.ended:
		case <-timeout.C:
			return
		}
	}
}

// attached returns how many peers may take this server for a member.
func (t *Topic) attached() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := len(t.welcomes)
	for _, l := range t.links {
		if l.asked {
			n++
		}
	}
	return n
}

func (m *Mesh) forget(t *Topic) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.topics, t.application)
}
