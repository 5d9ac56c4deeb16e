package signalr

import (
	"context"
	"errors"
	"io"
	"reflect"
)

// errConnectionClosed ends the uploads of a connection that ended.
var errConnectionClosed = &namedError{
	name:    "OperationCanceledException",
	message: "The underlying connection was closed.",
	err:     context.Canceled,
}

// errCallOver is for those who read an upload after its call.
var errCallOver = errors.New("signalr: upload stream read after its call was over")

// An inlet is the server's end of an upload stream. The connection's reader puts
// items in and ends it; a hub method, or pump for it, takes them out.
type inlet struct {
	id    string
	elem  reflect.Type
	items chan any // pointers to values of type elem
	// ended is closed when the client has ended the stream. Err says how and is
	// set before: io.EOF if in order.
	ended chan struct{}
	err   error
	lost  <-chan struct{} // closed when the connection ends
	over  <-chan struct{} // closed when the call is over
}

// put waits for room for an item. After the end of the call or the connection
// the item is dropped.
func (in *inlet) put(item any) {
	select {
	case in.items <- item:
	case <-in.over:
	case <-in.lost:
	}
}

// end says that nothing more is put in. It is called once.
func (in *inlet) end(err error) {
	in.err = err
	close(in.ended)
}

// take waits for the next item. What came before the end is taken before the
// end is told, which is io.EOF if the stream ended in order. Several may take.
func (in *inlet) take(ctx context.Context) (any, error) {
	if ctx.Err() != nil && !isClosed(in.lost) {
		return nil, context.Cause(ctx)
	}
	select {
	case item := <-in.items:
		return item, nil
	case <-in.ended:
	case <-in.lost:
	case <-in.over:
	case <-ctx.Done():
		if !isClosed(in.lost) {
			return nil, context.Cause(ctx)
		}
	}
	ended := isClosed(in.ended) // before the last look for items
	select {
	case item := <-in.items:
		return item, nil
	default:
	}
	switch {
	case ended:
		return nil, in.err
	case isClosed(in.lost):
		return nil, errConnectionClosed
	}
	return nil, errCallOver
}

// pump gives a hub method its items in a channel, which it closes at the end. If
// that is not in order it calls fail first. It ends with the call at the latest.
func (in *inlet) pump(ch reflect.Value, fail context.CancelCauseFunc) {
	defer ch.Close()
	cases := []reflect.SelectCase{
		{Dir: reflect.SelectSend, Chan: ch},
		{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(in.over)},
	}
	for {
		item, err := in.take(context.Background())
		if err != nil {
			if err != io.EOF {
				fail(err)
			}
			return
		}
		cases[0].Send = reflect.ValueOf(item).Elem()
		if chosen, _, _ := reflect.Select(cases); chosen != 0 {
			return
		}
	}
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
