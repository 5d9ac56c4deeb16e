package signalr

import (
	"context"
	"io"
	"iter"
	"reflect"
)

// An Upload is a stream that a client sends to a hub method while that runs. A
// parameter of type *Upload[T] receives it, as one of type <-chan T does; an
// Upload also tells how the stream ended. It may be used concurrently; each item
// is given once. It ends with the call: after that there is nothing to read.
type Upload[T any] struct {
	in  *inlet
	ctx context.Context // of the call: what All ends with
}

// Next waits for the next item. It returns io.EOF when the client has ended the
// stream in order, and a *HubError with the client's text when the client ended
// it with an error or sent an item that is no T. After either it returns the same
// again. If the connection ends, the error is one for which
// errors.Is(err, context.Canceled) holds. If ctx ends first, it is ctx's cause.
func (u *Upload[T]) Next(ctx context.Context) (T, error) {
	item, err := u.in.take(ctx)
	if err != nil {
		var none T
		return none, err
	}
	return *item.(*T), nil
}

// All returns the items that are still to come. The last pair has the error that
// Next would return, unless the stream ends in order. It ends with the Context of
// the call, too. To break off leaves the rest for Next or another All.
func (u *Upload[T]) All() iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for {
			item, err := u.Next(u.ctx)
			if err == io.EOF || !yield(item, err) || err != nil {
				return
			}
		}
	}
}

// An uploader is an *Upload of any type of items.
type uploader interface {
	types() (upload, elem reflect.Type)
	attach(ctx context.Context, in *inlet)
}

var uploaderType = reflect.TypeFor[uploader]()

func (*Upload[T]) types() (upload, elem reflect.Type) {
	return reflect.TypeFor[*Upload[T]](), reflect.TypeFor[T]()
}

func (u *Upload[T]) attach(ctx context.Context, in *inlet) { u.ctx, u.in = ctx, in }
