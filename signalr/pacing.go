package signalr

import "context"

// streamRoom is how many bytes may wait for a client before its streams pause.
// It is the size of the buffer behind a .NET connection.
const streamRoom = 64 << 10

// putPaced queues a frame of a stream, as put does, but waits for room instead of
// failing: a stream alone never fills the outbox. It returns the cause of ctx's
// end if that comes first.
func (o *outbox) putPaced(ctx context.Context, frame []byte) error {
	cost := len(frame) + frameOverhead
	return o.whenRoom(ctx, cost, func() {
		if !o.sealed {
			o.append(frame, cost)
		}
	})
}

// awaitRoom waits until a stream may take its next element, or returns the cause
// of ctx's end.
func (o *outbox) awaitRoom(ctx context.Context) error {
	return o.whenRoom(ctx, 0, func() {})
}

// whenRoom waits until a stream has room for cost bytes, or nothing is written
// any more, and then runs do with mu held.
func (o *outbox) whenRoom(ctx context.Context, cost int, do func()) error {
	for {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		o.mu.Lock()
		if o.sealed || o.roomy(cost) {
			do()
			o.mu.Unlock()
			return nil
		}
		if o.room == nil {
			o.room = make(chan struct{})
		}
		room := o.room
		o.mu.Unlock()
		select {
		case <-room:
		case <-ctx.Done():
		}
	}
}

// roomy reports whether a stream may put cost bytes. Streams leave half of the
// outbox to what cannot wait. The caller holds mu.
func (o *outbox) roomy(cost int) bool {
	return o.size == 0 || o.size < streamRoom && o.size+cost <= o.limit/2
}

// resume lets the streams look again that wait for room. The caller holds mu.
func (o *outbox) resume() {
	if o.room != nil {
		close(o.room)
		o.room = nil
	}
}
