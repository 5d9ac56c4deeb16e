package door

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/signalmesh/signalmesh/node/exchange"
)

func numbered(from, to int) (list []piece) {
	for i := from; i < to; i++ {
		list = append(list, piece{m: &exchange.Message{Channel: "c", Data: fmt.Append(nil, i)}})
	}
	return list
}

func of(s *subscription, pieces []piece) []piece {
	for i := range pieces {
		pieces[i].sub = s
	}
	return pieces
}

func texts(messages []*exchange.Message) (list []string) {
	for _, m := range messages {
		list = append(list, string(m.Data))
	}
	return list
}

// Messages of the write in progress precede buffered messages, and buffered messages
// precede later ones, for each subscription.
func TestWhatWasLostIsKeptInOrder(t *testing.T) {
	a, b := &subscription{}, &subscription{}
	l := newLost(1 << 20)
	l.addAll(of(a, numbered(3, 5)))
	l.addAll(of(b, numbered(13, 14)))
	l.add(a, numbered(5, 6)[0].m)
	l.addBefore(append(of(a, numbered(1, 3)), of(b, numbered(11, 13))...))
	assert.Equal(t, []string{"1", "2", "3", "4", "5"}, texts(l.take(a)))
	assert.Equal(t, []string{"11", "12", "13"}, texts(l.take(b)))
	assert.Zero(t, l.bytes)
	assert.Zero(t, l.dropped)
	assert.Empty(t, l.take(a), "once")
}

// The oldest messages are dropped, of whatever subscription, and counted.
func TestWhatWasLostIsBounded(t *testing.T) {
	a, b := &subscription{}, &subscription{}
	each := cost(numbered(0, 1)[0].m)
	l := newLost(4 * each)
	l.addAll(of(a, numbered(0, 3)))
	l.addAll(of(b, numbered(3, 6)))
	assert.EqualValues(t, 2, l.dropped)
	assert.Equal(t, 4*each, l.bytes)
	assert.Equal(t, []string{"2"}, texts(l.take(a)))
	l.addAll(of(b, numbered(6, 9)))
	assert.EqualValues(t, 4, l.dropped, "what was taken makes room")
	assert.LessOrEqual(t, l.bytes, l.limit)
	l.addBefore(of(a, numbered(0, 2)))
	assert.Equal(t, []string{"5", "6", "7", "8"}, texts(l.take(b)), "the oldest go first")
	assert.Empty(t, l.take(a))
	assert.Zero(t, l.bytes)
}
