package frame

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	member = Member{Epoch: 7, Name: "web-1", Version: "1.0", Addrs: []string{"/ip4/127.0.0.1/tcp/9800"}}

	frames = []Frame{
		Hello{Application: "chat", Member: member, Ack: Ack{Epoch: 9, Next: 12}, Head: Head{Base: 3, Next: 8}, Lists: true},
		&Data{First: 300, Records: [][]byte{{1}, bytes.Repeat([]byte{2}, 200)}},
		Part{Sequence: 5, Offset: 10, Size: 20, Bytes: []byte("0123456789")},
		&Ack{Epoch: 1, Next: 2, Want: true},
		&Head{Base: 1, Next: 1, Stable: 300},
		Members{{Peer: "p", Addrs: []string{"/ip4/10.0.0.1/tcp/1"}}, {Peer: "q"}},
		Resync{},
		Bye{},
		Claim{Epoch: 3, After: 900},
		Estate{Epoch: 3, Records: [][]byte{[]byte("ab"), []byte("c")}},
		Estate{Epoch: 3, Last: true},
	}

	topicMessages = []TopicMessage{
		&Announce{Member: member},
		&Announce{Member: Member{Epoch: 1}, Leaving: true},
		&Relay{
			Epoch: 4,
			Dests: []Dest{{Epoch: 1, Next: 5, Want: true, Head: Head{Base: 1, Next: 9}}, {Epoch: 2}},
			Records: []RelayRecord{
				{Size: 3, Bytes: []byte("abc"), To: []Address{{Dest: 0, Sequence: 8}, {Dest: 1, Sequence: 300}}},
				{Offset: 2, Size: 5, Bytes: []byte("xyz"), To: []Address{{Dest: 1, Sequence: 301}}},
			},
		},
	}
)

func TestFramesSurviveTheWire(t *testing.T) {
	for _, f := range frames {
		b := Append([]byte("before"), f)[len("before"):]
		require.Equal(t, len(b)-4, int(binary.BigEndian.Uint32(b)), "%T", f)
		assert.Equal(t, len(b), Size(f), "%T", f)
		got, err := Parse(b[4:])
		require.NoError(t, err)
		assert.Equal(t, f, got)
	}
}

func TestTopicMessagesSurviveTheWire(t *testing.T) {
	for _, m := range topicMessages {
		assert.Len(t, AppendTopic(nil, m), TopicSize(m), "%T", m)
		got, err := ParseTopic(AppendTopic(nil, m))
		require.NoError(t, err)
		assert.Equal(t, m, got)
	}
}

func TestRecordsSurviveTheWire(t *testing.T) {
	m, err := ParseMessage(AppendMessage(nil, 900, "Chat:group:rød", []byte("hi")))
	require.NoError(t, err)
	assert.Equal(t, Message{Number: 900, Channel: []byte("Chat:group:rød"), Data: []byte("hi")}, m)

	for _, i := range []Interest{{Channel: "a"}, {Channel: "b", Remove: true}} {
		got, err := ParseInterest(AppendInterest(nil, i))
		require.NoError(t, err)
		assert.Equal(t, i, got)
	}
	s := Snapshot{First: true, Last: true, Channels: []string{"", "x", "y z"}}
	got, err := ParseSnapshot(AppendSnapshot(nil, s))
	require.NoError(t, err)
	assert.Equal(t, s, got)
}

func TestCutFramesAreRefused(t *testing.T) {
	for _, f := range frames {
		body := Append(nil, f)[4:]
		if _, isPart := f.(Part); isPart {
			continue // a shorter part is a part
		}
		if _, isHello := f.(Hello); isHello {
			body = body[:len(body)-1] // the first release sent no flags
		}
		for n := 1; n < len(body); n++ {
			_, err := Parse(body[:n])
			assert.ErrorIs(t, err, ErrMalformed, "%T cut to %d", f, n)
		}
	}
}

func TestAHelloOfTheFirstReleaseHasNoFlags(t *testing.T) {
	body := Append(nil, frames[0])[4:]
	got, err := Parse(body[:len(body)-1])
	require.NoError(t, err)
	want := frames[0].(Hello)
	want.Lists = false
	assert.Equal(t, want, got)
	got, err = Parse(append(body, 1, 2, 3))
	require.NoError(t, err, "later releases may say more")
	assert.Equal(t, frames[0], got)
}

func TestFramesOfLaterVersionsAreIgnored(t *testing.T) {
	f, err := Parse([]byte{200, 1, 2, 3})
	assert.NoError(t, err)
	assert.Nil(t, f)
	m, err := ParseTopic([]byte{200})
	assert.NoError(t, err)
	assert.Nil(t, m)
}

func TestHostileLengthsAreRefused(t *testing.T) {
	huge := binary.AppendUvarint(nil, 1<<40)
	for name, body := range map[string][]byte{
		"empty":                 {},
		"members":               append([]byte{byte(kindMembers)}, huge...),
		"record":                append([]byte{byte(kindData), 1, 1}, huge...),
		"part beyond its size":  Append(nil, Part{Sequence: 1, Offset: 9, Size: 10, Bytes: []byte("ab")})[4:],
		"base above next":       Append(nil, &Head{Base: 9, Next: 8})[4:],
		"sequence at the limit": Append(nil, &Data{First: ^uint64(0), Records: [][]byte{{1}}})[4:],
		"bytes left over":       append(Append(nil, Bye{})[4:], 1),
	} {
		_, err := Parse(body)
		assert.ErrorIs(t, err, ErrMalformed, name)
	}
	_, err := ParseTopic(AppendTopic(nil, &Relay{Records: []RelayRecord{{Size: 1, Bytes: []byte("a"), To: []Address{{Dest: 0}}}}}))
	assert.ErrorIs(t, err, ErrMalformed, "an address without a destination")
}

// FuzzParse holds the parser to this: what it takes, it takes again unchanged.
func FuzzParse(f *testing.F) {
	for _, fr := range frames {
		f.Add(Append(nil, fr)[4:])
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := Parse(body)
		if err != nil || got == nil {
			return
		}
		b := Append(nil, got)
		require.Len(t, b, Size(got))
		again, err := Parse(b[4:])
		require.NoError(t, err)
		assert.Equal(t, got, again)
	})
}

func FuzzParseTopic(f *testing.F) {
	for _, m := range topicMessages {
		f.Add(AppendTopic(nil, m))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := ParseTopic(body)
		if err != nil || got == nil {
			return
		}
		b := AppendTopic(nil, got)
		require.Len(t, b, TopicSize(got))
		again, err := ParseTopic(b)
		require.NoError(t, err)
		assert.Equal(t, got, again)
	})
}

func FuzzRecords(f *testing.F) {
	f.Add(AppendMessage(nil, 1, "a", []byte("b")))
	f.Add(AppendInterest(nil, Interest{Channel: "a"}))
	f.Add(AppendSnapshot(nil, Snapshot{Channels: []string{"a"}}))
	f.Fuzz(func(t *testing.T, record []byte) {
		if m, err := ParseMessage(record); err == nil {
			again, err := ParseMessage(AppendMessage(nil, m.Number, string(m.Channel), m.Data))
			require.NoError(t, err)
			assert.True(t, m.Number == again.Number && bytes.Equal(m.Channel, again.Channel) && bytes.Equal(m.Data, again.Data))
		}
		if i, err := ParseInterest(record); err == nil {
			again, err := ParseInterest(AppendInterest(nil, i))
			require.NoError(t, err)
			assert.Equal(t, i, again)
		}
		if s, err := ParseSnapshot(record); err == nil {
			again, err := ParseSnapshot(AppendSnapshot(nil, s))
			require.NoError(t, err)
			assert.Equal(t, s, again)
		}
	})
}

func TestRecordsUseTheRoomThatIsGiven(t *testing.T) {
	body := Append(nil, &Data{First: 7, Records: [][]byte{{1}, {2, 3}}})[4:]
	room := make([][]byte, 1, 8)
	parsed, err := ParseInto(room, body)
	require.NoError(t, err)
	got := parsed.(*Data)
	require.Equal(t, &Data{First: 7, Records: [][]byte{{1}, {2, 3}}}, got)
	require.Same(t, &room[0], &got.Records[0])
	parsed, err = ParseInto(make([][]byte, 0, 1), body)
	require.NoError(t, err)
	require.Equal(t, got, parsed)
}

// A part lies within its record: it may end where the record ends, and not a byte later.
func TestPartsOutsideTheirRecordAreRefused(t *testing.T) {
	for _, c := range []struct {
		offset, size uint64
		bytes        string
		ok           bool
	}{
		{0, 3, "abc", true}, {2, 5, "abc", true}, {0, 4, "abc", true},
		{0, 2, "abc", false}, {3, 5, "abc", false}, {5, 5, "a", false}, {6, 5, "a", false}, {1 << 63, 1 << 63, "a", false},
		{0, 5, "", false}, {5, 5, "", false},
	} {
		_, err := Parse(Append(nil, Part{Sequence: 1, Offset: c.offset, Size: c.size, Bytes: []byte(c.bytes)})[4:])
		assert.Equal(t, c.ok, err == nil, "part %+v: %v", c, err)
		_, err = ParseTopic(AppendTopic(nil, &Relay{
			Epoch: 1, Dests: []Dest{{Epoch: 2}},
			Records: []RelayRecord{{Offset: c.offset, Size: c.size, Bytes: []byte(c.bytes), To: []Address{{Sequence: 1}}}},
		}))
		assert.Equal(t, c.ok, err == nil, "record %+v: %v", c, err)
	}
}
