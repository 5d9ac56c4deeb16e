package protocol

import (
	"fmt"
	"reflect"
	"sync"
	"time"

	"github.com/tinylib/msgp/msgp"
	"github.com/ugorji/go/codec"
)

// handle says how application values are encoded; see MessagePack.
var handle = func() *codec.MsgpackHandle {
	h := &codec.MsgpackHandle{WriteExt: true, PositiveIntUnsigned: true}
	h.TypeInfos = codec.NewTypeInfos(messagePackFields.tags)
	h.MapType = reflect.TypeFor[map[string]any]()
	h.SignedInteger = true
	h.MaxDepth = maxDepth
	h.InterfaceReset = true
	h.MapValueReset = true
	h.SliceElementReset = true
	h.CheckCircularRef = true
	h.Canonical = true
	return h
}()

var (
	encoders = sync.Pool{New: func() any { return codec.NewEncoderBytes(nil, handle) }}
	decoders = sync.Pool{New: func() any { return codec.NewDecoderBytes(nil, handle) }}
)

// appendMessagePackValue appends the MessagePack of an application's value. The
// common simple ones need no memory.
func appendMessagePackValue(dst []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return msgp.AppendNil(dst), nil
	case Raw:
		if len(v) == 0 {
			return msgp.AppendNil(dst), nil
		}
		return append(dst, v...), nil
	case string:
		return msgp.AppendString(dst, v), nil
	case bool:
		return msgp.AppendBool(dst, v), nil
	case int:
		return appendInt(dst, int64(v)), nil
	case int64:
		return appendInt(dst, v), nil
	case float64:
		return msgp.AppendFloat64(dst, v), nil
	case time.Time:
		return msgp.AppendTimeExt(dst, v), nil
	}
	e := encoders.Get().(*codec.Encoder)
	defer encoders.Put(e)
	// What fits into dst is encoded in place, and then appended onto itself.
	out := dst[len(dst):]
	e.ResetBytes(&out)
	if err := e.Encode(v); err != nil {
		return dst, err
	}
	return append(dst, out...), nil
}

func (messagePack) Bind(raw Raw, dst any) error {
	switch dst := dst.(type) {
	case *Raw:
		*dst = raw
		return nil
	case *time.Time:
		// The codec takes a string of four bytes for a time as well.
		if kind := msgp.NextType(raw); kind == msgp.StrType || kind == msgp.BinType {
			return bindError(dst, fmt.Errorf("it is a %v", kind))
		}
	}
	exact, err := withExactKeys(raw, reflect.TypeOf(dst))
	if err != nil {
		return bindError(dst, err)
	}
	d := decoders.Get().(*codec.Decoder)
	defer decoders.Put(d)
	d.ResetBytes(exact)
	if err := d.Decode(dst); err != nil {
		return bindError(dst, err)
	}
	return nil
}
