package core

import (
	"cmp"
	"slices"

	"github.com/signalmesh/signalmesh/mesh/frame"
)

// A hoard keeps messages of one sender that other servers were offered too, until
// the sender says that all of them have them: if it dies before that, they can
// still be given to who lacks them. They are in the order of their numbers.
type hoard struct {
	items queue[hoarded]
	bytes int
}

type hoarded struct {
	number uint64
	record []byte
}

// put keeps a record, and lets the oldest go when there are more than limit bytes.
func (h *hoard) put(number uint64, record []byte, limit int) {
	if len(record) > frame.MaxPart {
		return // it would not fit into one Estate
	}
	h.items.push(hoarded{number, record})
	h.bytes += len(record)
	for h.bytes > limit {
		h.drop(1)
	}
}

// release lets go of what is numbered below stable.
func (h *hoard) release(stable uint64) { h.drop(h.index(stable)) }

// after returns what has a higher number than that. It is good until the next put.
func (h *hoard) after(number uint64) []hoarded {
	if number == ^uint64(0) {
		return nil
	}
	return h.items.items()[h.index(number+1):]
}

// index is where the first item is that is not numbered below number.
func (h *hoard) index(number uint64) int {
	i, _ := slices.BinarySearchFunc(h.items.items(), number, func(e hoarded, n uint64) int { return cmp.Compare(e.number, n) })
	return i
}

func (h *hoard) drop(n int) {
	for _, item := range h.items.items()[:n] {
		h.bytes -= len(item.record)
	}
	h.items.drop(n)
}
