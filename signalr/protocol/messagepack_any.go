package protocol

import (
	"fmt"
	"math"
	"reflect"

	"github.com/tinylib/msgp/msgp"
)

// bindAny decodes a value of any type into an interface.
func bindAny(b []byte, v reflect.Value) ([]byte, error) {
	if v.NumMethod() > 0 {
		return b, fmt.Errorf("nothing is known to be a %v", v.Type())
	}
	value, rest, err := readAny(b)
	if err != nil {
		return b, err
	}
	if value == nil {
		v.SetZero()
	} else {
		v.Set(reflect.ValueOf(value))
	}
	return rest, nil
}

// readAny returns the first value of b as MessagePack says, and what follows it.
func readAny(b []byte) (value any, rest []byte, err error) {
	switch msgp.NextType(b) {
	case msgp.NilType:
		return nil, b[1:], nil
	case msgp.BoolType:
		return read(msgp.ReadBoolBytes(b))
	case msgp.IntType:
		return read(msgp.ReadInt64Bytes(b))
	case msgp.UintType:
		n, rest, err := msgp.ReadUint64Bytes(b)
		if n > math.MaxInt64 {
			return n, rest, err
		}
		return int64(n), rest, err
	case msgp.Float32Type:
		f, rest, err := msgp.ReadFloat32Bytes(b)
		return float64(f), rest, err
	case msgp.Float64Type:
		return read(msgp.ReadFloat64Bytes(b))
	case msgp.StrType:
		return read(msgp.ReadStringBytes(b))
	case msgp.BinType:
		return read(msgp.ReadBytesBytes(b, []byte{}))
	case msgp.ArrayType:
		return readList(b)
	case msgp.MapType:
		return readMap(b)
	}
	return read(bindTime(b)) // or another extension, which is refused
}

func read[T any](v T, rest []byte, err error) (any, []byte, error) { return v, rest, err }

func readList(b []byte) (any, []byte, error) {
	n, b, err := msgp.ReadArrayHeaderBytes(b)
	list := make([]any, 0, min(int(n), len(b)))
	for range n {
		var item any
		if item, b, err = readAny(b); err != nil {
			return nil, b, err
		}
		list = append(list, item)
	}
	return list, b, err
}

func readMap(b []byte) (any, []byte, error) {
	n, b, err := msgp.ReadMapHeaderBytes(b)
	m := make(map[string]any)
	for range n {
		key, rest, err := msgp.ReadStringBytes(b)
		if err != nil {
			return nil, b, fmt.Errorf("key: %w", err)
		}
		if m[key], b, err = readAny(rest); err != nil {
			return nil, b, err
		}
	}
	return m, b, err
}
