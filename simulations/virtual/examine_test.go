package virtual

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/mesh/frame"
)

func TestAParcelIsHeldAgainstItsBytes(t *testing.T) {
	s := short(t, "steady", 1)
	for name, spoil := range map[string]func(*parcel){
		"":                            func(*parcel) {},
		"a wrong number of bytes":     func(p *parcel) { p.bytes++ },
		"a frame that cannot be read": func(p *parcel) { p.ack, p.head = frame.Ack{}, frame.Head{Base: 2, Next: 1} },
	} {
		w := newWorld(&s)
		startHost(w, w.hosts[0])
		startHost(w, w.hosts[1])
		c := &conn{w: w, ends: [2]*life{w.hosts[0].life, w.hosts[1].life}}
		p := &parcel{conn: c}
		p.frames = p.room[:0]
		p.Put(&frame.Ack{Epoch: 7, Next: 9})
		p.Put(&frame.Head{Base: 1, Next: 3})
		p.Put(&frame.Data{First: 1, Records: [][]byte{{1}, {2}}})
		p.Put(&frame.Data{First: 3, Records: [][]byte{{3}}})
		spoil(p)
		w.examine(p)
		if broken := w.book.Settle().Broken; name == "" {
			require.Empty(t, broken)
		} else {
			assert.Len(t, broken, 1, name)
		}
	}
}

func TestAParcelIsUsedAgainEmpty(t *testing.T) {
	p := &parcel{}
	p.frames = p.room[:0]
	many := make([][]byte, 2*len(p.records))
	for i := range many {
		many[i] = []byte{byte(i)}
	}
	p.Put(&frame.Ack{Epoch: 1, Next: 1})
	p.Put(&frame.Data{First: 1, Records: many})
	require.Len(t, p.frames, 2)
	require.Equal(t, many, p.frames[1].(*frame.Data).Records)
	p.empty()
	assert.Empty(t, p.frames)
	assert.Zero(t, p.bytes)
	assert.Equal(t, [3]frame.Frame{}, p.room)
	assert.Equal(t, many[0], []byte{0}, "what it carried is others'")
}
