package virtual

import (
	"encoding/binary"
	"reflect"

	"github.com/signalmesh/signalmesh/mesh/frame"
)

// examined is how rarely a parcel is examined: once in so many.
const examined = 256

// examine holds a parcel, now and then, against what it would be on the wire. Frames are
// handed over as they are, and only the number of their bytes is made use of; so those
// have to be as many, and to say the same.
func (w *world) examine(p *parcel) {
	if w.parcels++; w.parcels%examined != 1 {
		return
	}
	var wire []byte
	for _, f := range p.frames {
		before := len(wire)
		wire = frame.Append(wire, f)
		size := 4 + int(binary.BigEndian.Uint32(wire[before:]))
		got, err := frame.Parse(wire[before+4:])
		if err != nil || size != len(wire)-before || !reflect.DeepEqual(got, f) {
			w.book.Break("%s wrote a %T that is another one on the wire: %v", p.conn.ends[p.side].host.Name, f, err)
			return
		}
	}
	if len(wire) != p.bytes {
		w.book.Break("the simulation took %d bytes of frames for %d", len(wire), p.bytes)
	}
}
