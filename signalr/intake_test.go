package signalr

import (
	"testing"

	"github.com/signalmesh/signalmesh/signalr/protocol"
	"github.com/stretchr/testify/assert"
)

// chunks is a transport that has a stream to give, in pieces of given sizes.
type chunks struct {
	sink
	stream []byte
	sizes  []byte // what follows the last is one byte each
}

func (c *chunks) receive(buf []byte) ([]byte, error) {
	if len(c.stream) == 0 {
		return buf, errClientGone
	}
	n := 1
	if len(c.sizes) > 0 {
		n, c.sizes = int(c.sizes[0]), c.sizes[1:]
	}
	n = min(n, len(c.stream))
	buf = append(buf, c.stream[:n]...)
	c.stream = c.stream[n:]
	return buf, nil
}

// takeAll returns the frames that an intake makes of a stream, up to the first
// error.
func takeAll(p protocol.Protocol, t transport, limit int) (frames []string, err error) {
	var in intake
	defer in.drop()
	for {
		in.compact()
		if in.receive(t) != nil {
			return frames, nil
		}
		for {
			body, err := in.next(p, limit)
			if err != nil {
				return frames, err
			}
			if body == nil {
				break
			}
			frames = append(frames, string(body))
		}
	}
}

func FuzzFramesDoNotDependOnHowTheyArrive(f *testing.F) {
	f.Add([]byte("{\"type\":6}\x1e{}\x1e\x1ex"), []byte{3, 0, 8, 1}, 20, false)
	f.Add([]byte("\x02\x91\x06\x00\x03abc\x80"), []byte{1, 3}, 0, true)
	f.Add([]byte("\xff\xff\xff\xff\x0f"), []byte{2}, 0, true)
	f.Fuzz(func(t *testing.T, stream, sizes []byte, limit int, binary bool) {
		p := protocol.JSON()
		if binary {
			p = protocol.MessagePack()
		}
		limit = max(0, limit)
		var want []string
		var wantErr error
		for rest := stream; ; {
			var body []byte
			if body, rest, wantErr = p.Split(rest, limit); wantErr != nil || body == nil {
				break
			}
			want = append(want, string(body))
		}
		got, err := takeAll(p, &chunks{stream: stream, sizes: sizes}, limit)
		assert.Equal(t, want, got)
		assert.Equal(t, wantErr != nil, err != nil, "%v, %v", wantErr, err)
	})
}
