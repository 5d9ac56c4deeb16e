package protocol

import (
	"fmt"
	"math"
	"reflect"
	"time"

	"github.com/tinylib/msgp/msgp"
)

// bindScalar takes a truth, a number or a string. Nothing is converted but whole
// floats to integers and integers to floats, which JavaScript does not tell apart.
func bindScalar(b []byte, v reflect.Value) (rest []byte, err error) {
	kind := msgp.NextType(b)
	number := kind == msgp.IntType || kind == msgp.UintType || kind == msgp.Float64Type || kind == msgp.Float32Type
	switch {
	case v.Kind() == reflect.Bool && kind == msgp.BoolType:
		set, rest, err := msgp.ReadBoolBytes(b)
		v.SetBool(set)
		return rest, err
	case v.Kind() == reflect.String && kind == msgp.StrType:
		text, rest, err := msgp.ReadStringBytes(b)
		v.SetString(text)
		return rest, err
	case !number:
	case v.Type() == jsonNumber:
		value, rest, err := readAny(b)
		v.SetString(fmt.Sprint(value))
		return rest, err
	case v.CanFloat():
		f, rest, err := readFloat(b, kind)
		if err == nil && v.OverflowFloat(f) {
			return b, fmt.Errorf("%v is out of range of %v", f, v.Type())
		}
		v.SetFloat(f)
		return rest, err
	case v.CanInt():
		n, rest, err := readInt(b, kind)
		if err == nil && v.OverflowInt(n) {
			return b, fmt.Errorf("%d is out of range of %v", n, v.Type())
		}
		v.SetInt(n)
		return rest, err
	case v.CanUint():
		n, rest, err := readUint(b, kind)
		if err == nil && v.OverflowUint(n) {
			return b, fmt.Errorf("%d is out of range of %v", n, v.Type())
		}
		v.SetUint(n)
		return rest, err
	}
	return b, wrongType(b)
}

func readFloat(b []byte, kind msgp.Type) (float64, []byte, error) {
	switch kind {
	case msgp.Float32Type:
		f, rest, err := msgp.ReadFloat32Bytes(b)
		return float64(f), rest, err
	case msgp.Float64Type:
		return msgp.ReadFloat64Bytes(b)
	case msgp.UintType:
		n, rest, err := msgp.ReadUint64Bytes(b)
		return float64(n), rest, err
	}
	n, rest, err := msgp.ReadInt64Bytes(b)
	return float64(n), rest, err
}

func readInt(b []byte, kind msgp.Type) (int64, []byte, error) {
	if kind == msgp.IntType || kind == msgp.UintType {
		return msgp.ReadInt64Bytes(b)
	}
	f, rest, err := readFloat(b, kind)
	if err == nil && (f != math.Trunc(f) || f < -1<<63 || f >= 1<<63) {
		return 0, b, fmt.Errorf("%v is no int64", f)
	}
	return int64(f), rest, err
}

func readUint(b []byte, kind msgp.Type) (uint64, []byte, error) {
	if kind == msgp.IntType || kind == msgp.UintType {
		return msgp.ReadUint64Bytes(b)
	}
	f, rest, err := readFloat(b, kind)
	if err == nil && (f != math.Trunc(f) || f < 0 || f >= 1<<64) {
		return 0, b, fmt.Errorf("%v is no uint64", f)
	}
	return uint64(f), rest, err
}

// wrongType says that there is something else than is wanted.
func wrongType(b []byte) error { return fmt.Errorf("it is a MessagePack %v", msgp.NextType(b)) }

// isTime reports whether b begins with a timestamp: extension -1, in one of its
// three sizes.
func isTime(b []byte) bool {
	switch {
	case len(b) > 1 && (b[0] == 0xd6 || b[0] == 0xd7):
		return b[1] == 0xff
	case len(b) > 2 && b[0] == 0xc7:
		return b[2] == 0xff
	}
	return false
}

// bindTime takes a .NET DateTime, which is a timestamp, or a DateTimeOffset.
func bindTime(b []byte) (time.Time, []byte, error) {
	if msgp.NextType(b) == msgp.ArrayType {
		return bindDateTimeOffset(b)
	}
	return bindTimestamp(b)
}

func bindTimestamp(b []byte) (time.Time, []byte, error) {
	if !isTime(b) {
		return time.Time{}, b, wrongType(b)
	}
	when, rest, err := msgp.ReadTimeBytes(b)
	return when.UTC(), rest, err
}
