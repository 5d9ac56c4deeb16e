package signalr

// A goroutine starts with a stack of 2 KiB, and when that is full it is copied to
// one twice as large, frame by frame. What runs for one call or one write only
// pays for that every time, and from deep down: a tenth of what a call costs the
// server. So it takes the stack that it will need at once, while there is next to
// nothing to copy.

// growStack4 makes the stack 4 KiB at least. A write needs that. The index is
// there to keep the compiler from seeing that the frame is of no use.
//
//go:noinline
func growStack4(index uint8) byte {
	var frame [1 << 10]byte
	return frame[index]
}

// growStack8 makes the stack 8 KiB at least. A hub method needs that.
//
//go:noinline
func growStack8(index uint8) byte {
	var frame [4 << 10]byte
	return frame[index]
}
