package account

import "math/bits"

// An Orphan is a message that its sender, which was killed, has told some receivers.
type Orphan struct {
	ID       uint64
	From, To int // lives; To lives and lacks it
	Told     int // receivers
	Size     int // of the payload, in bytes
}

// Orphans returns the messages to several receivers, of senders that were killed, that
// some got and others, which live, did not.
func (b *Book) Orphans() []Orphan {
	var orphans []Orphan
	for id := range b.messages {
		m := &b.messages[id]
		told := int(m.offered - m.left)
		if from := &b.lives[m.by]; m.offered < 2 || m.left == 0 || told == 0 || !from.ended || from.clean {
			continue
		}
		for word, set := range m.expected {
			for ; set != 0; set &= set - 1 {
				if to := word*64 + bits.TrailingZeros64(set); !b.lives[to].ended {
					orphans = append(orphans, Orphan{uint64(id), int(m.by), to, told, int(m.size)})
				}
			}
		}
	}
	return orphans
}
