package signalr

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
)

// streamKind says how a hub method gives its stream, if it does.
type streamKind uint8

const (
	noStream      streamKind = iota
	channelStream            // <-chan T
	seqStream                // iter.Seq2[T, error]
)

// streamResult reports whether a method that returns t streams, or why it cannot.
func streamResult(t reflect.Type) (streamKind, error) {
	switch t.Kind() {
	case reflect.Chan:
		if t.ChanDir() != reflect.RecvDir {
			return noStream, fmt.Errorf("type %v; return <-chan %v to stream", t, t.Elem())
		}
		return channelStream, sendable(t.Elem())
	case reflect.Func:
		if !t.CanSeq2() || t.In(0).In(1) != errorType {
			return noStream, fmt.Errorf("type %v; return an iter.Seq2[T, error] or a <-chan T to stream", t)
		}
		return seqStream, sendable(t.In(0).In(0))
	}
	return noStream, nil
}

// streamOf returns the stream that a method or a filter returned, as a channel to
// receive from or a sequence. With nil, or what is no stream, there is none.
func streamOf(result any) (source reflect.Value, kind streamKind) {
	source = reflect.ValueOf(result)
	switch {
	case !source.IsValid():
	case source.Kind() == reflect.Chan && source.Type().ChanDir()&reflect.RecvDir != 0 && !source.IsNil():
		return source, channelStream
	case source.Kind() == reflect.Func && source.Type().CanSeq2() && source.Type().In(0).In(1) == errorType && !source.IsNil():
		return source, seqStream
	}
	return source, noStream
}

// uploadElem returns the type of the items that a parameter of type t receives
// as a stream, or nil if it receives none, or why it cannot.
func uploadElem(t reflect.Type) (reflect.Type, error) {
	if t.Kind() == reflect.Chan {
		if t.ChanDir() != reflect.RecvDir {
			return nil, fmt.Errorf("type %v; take a <-chan %v to receive a stream", t, t.Elem())
		}
		return t.Elem(), bindable(t.Elem())
	}
	if t.Kind() != reflect.Pointer || !t.Implements(uploaderType) {
		return nil, nil
	}
	upload, elem := reflect.New(t.Elem()).Interface().(uploader).types()
	if upload != t {
		return nil, fmt.Errorf("type %v embeds a stream; take %v itself", t, upload)
	}
	return elem, bindable(elem)
}

// sendable says why no value of type t can cross a connection in one message, if
// so.
func sendable(t reflect.Type) error {
	return crossable(t, make(map[reflect.Type]bool))
}

// crossable is sendable, for types that have not been seen.
func crossable(t reflect.Type, seen map[reflect.Type]bool) error {
	if seen[t] {
		return nil
	}
	seen[t] = true
	switch {
	case t.Implements(uploaderType), reflect.PointerTo(t).Implements(uploaderType):
		return fmt.Errorf("type %v: a stream is a parameter of its own, a *signalr.Upload", t)
	case encodesItself(t):
		return nil
	}
	switch t.Kind() {
	case reflect.Chan:
		return fmt.Errorf("type %v: a stream is a parameter or the result of a hub method, and nothing inside one", t)
	case reflect.Func, reflect.UnsafePointer, reflect.Complex64, reflect.Complex128:
		return fmt.Errorf("type %v has no encoding", t)
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		return crossable(t.Elem(), seen)
	case reflect.Struct:
		for i := range t.NumField() {
			f := t.Field(i)
			if !f.IsExported() && !f.Anonymous || f.Tag.Get("json") == "-" {
				continue
			}
			if err := crossable(f.Type, seen); err != nil {
				return fmt.Errorf("field %v.%s: %w", t, f.Name, err)
			}
		}
	}
	return nil
}

// encodesItself reports whether values of t decide about their encoding, so that
// their fields say nothing.
func encodesItself(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	return p.Implements(reflect.TypeFor[json.Marshaler]()) || p.Implements(reflect.TypeFor[json.Unmarshaler]()) ||
		p.Implements(reflect.TypeFor[encoding.TextMarshaler]()) || p.Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}
