package core

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestAnInboxThatWasDeliveredIsUsedAgain(t *testing.T) {
	m := &Member{peer: "p"}
	n := &Node{members: map[Peer]*Member{"p": m}}
	m.inbox = make([]Delivery, 3, 100)
	inbox := n.Inbox("p")
	n.Reuse("p", inbox)
	assert.Equal(t, 100, cap(m.roomyInbox()))
	assert.Empty(t, m.roomyInbox())
	assert.Nil(t, m.spare, "nobody else uses it now")

	n.Reuse("p", make([]Delivery, 0, maxSpare+1))
	assert.Nil(t, m.spare, "a burst is over")
	n.Reuse("stranger", inbox)
}
