package protocol

import (
	"errors"
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
		return read(msgp.ReadFloat32Bytes(b))
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
	return read(bindTimestamp(b)) // or another extension, which is refused
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

// readMap returns a map[string]any if all keys are strings, else a map[int64]any if
// all are integers of that size, else a map[any]any.
func readMap(b []byte) (any, []byte, error) {
	n, b, err := msgp.ReadMapHeaderBytes(b)
	texts, integers, others := make(map[string]any), map[int64]any(nil), map[any]any(nil)
	for i := range n {
		key, rest, err := readKey(b)
		if err != nil {
			return nil, b, err
		}
		value, rest, err := readAny(rest)
		if err != nil {
			return nil, rest, err
		}
		b = rest
		text, isText := key.(string)
		integer, isInteger := key.(int64)
		switch {
		case isText && texts != nil:
			texts[text] = value
		case isInteger && (i == 0 || integers != nil):
			if i == 0 {
				texts, integers = nil, make(map[int64]any)
			}
			integers[integer] = value
		default:
			if others == nil {
				others = anyKeys(texts, integers)
				texts, integers = nil, nil
			}
			others[key] = value
		}
	}
	switch {
	case others != nil:
		return others, b, err
	case integers != nil:
		return integers, b, err
	}
	return texts, b, err
}

// anyKeys returns the entries of both maps in one.
func anyKeys(texts map[string]any, integers map[int64]any) map[any]any {
	m := make(map[any]any, len(texts)+len(integers))
	for key, value := range texts {
		m[key] = value
	}
	for key, value := range integers {
		m[key] = value
	}
	return m
}

// readKey reads a key of a map: a string, a number, a truth or a time.
func readKey(b []byte) (key any, rest []byte, err error) {
	switch msgp.NextType(b) {
	case msgp.NilType, msgp.BinType, msgp.ArrayType, msgp.MapType:
		return nil, b, fmt.Errorf("key: %w", wrongType(b))
	}
	key, rest, err = readAny(b)
	if err == nil && isNaN(key) {
		err = errors.New("NaN is not equal to itself")
	}
	if err != nil {
		return nil, b, fmt.Errorf("key: %w", err)
	}
	return key, rest, nil
}

func isNaN(key any) bool {
	switch f := key.(type) {
	case float32:
		return math.IsNaN(float64(f))
	case float64:
		return math.IsNaN(f)
	}
	return false
}
