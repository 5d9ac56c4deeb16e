package bridge

import (
	"encoding/binary"
	"errors"
	"math"
)

// Channels by which nodes and the one that bridges talk. They are none of the names
// of package exchange, which ignores them.
const (
	askChannel   = "\x00b"  // the node that bridges subscribes to it
	answerPrefix = "\x00a"  // then the ID of who asked
	freeChannel  = "\x00bf" // nodes that would bridge hear there that they may
	nobody       = "\x00b?" // nobody subscribes to it: who counts is not known
)

// A verb is what the node that bridges is asked to do.
type verb byte

const (
	toPublish verb = 'p' // publish data to channel
	toCount   verb = 'n' // count the subscribers of channel
	toConfirm verb = 's' // subscribe to all that was wanted before
)

// A question is put to the node that bridges.
type question struct {
	verb    verb
	id      uint64
	channel string
	data    []byte
}

// An answer is what it says.
type answer struct {
	id          uint64
	subscribers int  // in Redis, without the bridge's own
	away        bool // it did not do it: Redis is away, or there is too much to do
}

var errMalformed = errors.New("bridge: malformed message of another node")

func (q question) append(dst []byte) []byte {
	dst = append(dst, byte(q.verb))
	dst = binary.AppendUvarint(dst, q.id)
	dst = binary.AppendUvarint(dst, uint64(len(q.channel)))
	return append(append(dst, q.channel...), q.data...)
}

// parseQuestion reads what append wrote. The question keeps a part of b.
func parseQuestion(b []byte) (q question, err error) {
	if len(b) == 0 {
		return q, errMalformed
	}
	switch q.verb = verb(b[0]); q.verb {
	case toPublish, toCount, toConfirm:
	default:
		return q, errMalformed
	}
	id, n := binary.Uvarint(b[1:])
	if n <= 0 {
		return q, errMalformed
	}
	b = b[1+n:]
	length, n := binary.Uvarint(b)
	if n <= 0 || length > uint64(len(b)-n) {
		return q, errMalformed
	}
	b = b[n:]
	q.id, q.channel, q.data = id, string(b[:length]), b[length:]
	return q, nil
}

func (a answer) append(dst []byte) []byte {
	away := byte(0)
	if a.away {
		away = 1
	}
	return binary.AppendUvarint(binary.AppendUvarint(append(dst, away), a.id), uint64(a.subscribers))
}

func parseAnswer(b []byte) (a answer, err error) {
	if len(b) == 0 || b[0] > 1 {
		return a, errMalformed
	}
	id, n := binary.Uvarint(b[1:])
	if n <= 0 {
		return a, errMalformed
	}
	subscribers, m := binary.Uvarint(b[1+n:])
	if m <= 0 || 1+n+m != len(b) || subscribers > math.MaxInt32 {
		return a, errMalformed
	}
	return answer{id: id, subscribers: int(subscribers), away: b[0] == 1}, nil
}
