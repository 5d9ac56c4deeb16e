package bridge

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func FuzzWordsAreReadAsTheyWereWritten(f *testing.F) {
	f.Add(question{verb: toPublish, id: 300, channel: "c", data: []byte("x")}.append(nil))
	f.Add(question{verb: toCount, id: 1, channel: "c"}.append(nil))
	f.Add(question{verb: toConfirm}.append(nil))
	f.Add(answer{id: 300, subscribers: 2}.append(nil))
	f.Add(answer{away: true}.append(nil))
	f.Add([]byte("p\x80"))
	f.Add([]byte("p\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if q, err := parseQuestion(b); err == nil {
			again, err := parseQuestion(q.append(nil))
			require.NoError(t, err)
			assert.Equal(t, q.verb, again.verb)
			assert.Equal(t, q.id, again.id)
			assert.Equal(t, q.channel, again.channel)
			assert.Equal(t, string(q.data), string(again.data))
			assert.LessOrEqual(t, len(q.channel)+len(q.data), len(b))
		}
		if a, err := parseAnswer(b); err == nil {
			again, err := parseAnswer(a.append(nil))
			require.NoError(t, err)
			assert.Equal(t, a, again)
		}
	})
}
