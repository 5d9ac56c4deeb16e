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
		t.mu.Lock()
		left := len(t.welcomes)
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

// leave says goodbye and waits until the members have hung up, which they do when
// they have taken all that was before it.
func (t *Topic) leave() {
	t.mu.Lock()
	t.closing = true
	t.core.Leave()
	t.shell.Room()
	t.mu.Unlock()
	timeout := time.NewTimer(t.mesh.o.CloseTimeout)
	defer timeout.Stop()
	for t.welcomed() > 0 {
		select {
		case <-t.shell.ended:
		case <-timeout.C:
			return
		}
	}
}

func (t *Topic) welcomed() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.welcomes)
}

func (m *Mesh) forget(t *Topic) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.topics, t.application)
}
