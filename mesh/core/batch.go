package core

import "github.com/signalmesh/signalmesh/mesh/frame"

// A Sink takes the frames of a batch, in their order. What a frame refers to never
// changes and may be kept; a frame that is a pointer, and the list of a Data's records,
// are good until Put returns.
type Sink interface {
	// Put takes a frame and says how many bytes it makes.
	Put(f frame.Frame) int
}

// A batch is what one Fetch puts into a sink, and how much that is.
type batch struct {
	to    Sink
	bytes int

	ack     frame.Ack // these are used again and again
	head    frame.Head
	data    frame.Data
	records [][]byte
	wire    wire
}

func (b *batch) put(f frame.Frame) { b.bytes += b.to.Put(f) }

// room is how many bytes more there may be, give or take a frame.
func (b *batch) room() int { return batchBytes - b.bytes }

// A wire is a Sink that keeps the bytes.
type wire []byte

// Put implements Sink.
func (w *wire) Put(f frame.Frame) int {
	before := len(*w)
	*w = frame.Append(*w, f)
	return len(*w) - before
}
