package protocol

import (
	"bytes"
	"cmp"
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/tinylib/msgp/msgp"
)

// appendReflect appends the MessagePack of v, which is inside of depth others.
func (s *shape) appendReflect(dst []byte, v reflect.Value, depth int) ([]byte, error) {
	if !v.IsValid() {
		return msgp.AppendNil(dst), nil
	}
	v = s.behind(v)
	t := v.Type()
	if depth > maxDepth {
		return dst, fmt.Errorf("%v is nested more than %d deep; does it contain itself?", t, maxDepth)
	}
	if of := s.surrogate(t); of != nil {
		w, err := of.write(v)
		if err != nil {
			return dst, err
		}
		return s.appendPlain(dst, w, depth+1)
	}
	return s.appendPlain(dst, v, depth)
}

// appendPlain is appendReflect of what is not converted.
func (s *shape) appendPlain(dst []byte, v reflect.Value, depth int) ([]byte, error) {
	if out, done, err := appendOwn(dst, v); done {
		return out, err
	}
	switch v.Kind() {
	case reflect.Bool:
		return msgp.AppendBool(dst, v.Bool()), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return appendInt(dst, v.Int()), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return msgp.AppendUint64(dst, v.Uint()), nil
	case reflect.Float32:
		return msgp.AppendFloat32(dst, float32(v.Float())), nil
	case reflect.Float64:
		return msgp.AppendFloat64(dst, v.Float()), nil
	case reflect.String:
		return msgp.AppendString(dst, v.String()), nil
	case reflect.Interface, reflect.Pointer:
		return s.appendReflect(dst, v.Elem(), depth+1)
	case reflect.Struct:
		return s.appendStruct(dst, v, depth)
	case reflect.Map:
		return s.appendMap(dst, v, depth)
	case reflect.Slice, reflect.Array:
		return s.appendList(dst, v, depth)
	}
	return dst, fmt.Errorf("%v has no MessagePack", v.Type())
}

// appendOwn appends what v says of itself, if it does: a Raw, a time, its text, or
// its binary form. Text goes first, as in JSON: .NET writes names of enums, and
// GUIDs, as strings.
func appendOwn(dst []byte, v reflect.Value) (out []byte, done bool, err error) {
	t := v.Type()
	if k := t.Kind(); (k == reflect.Pointer || k == reflect.Interface) && v.IsNil() {
		return msgp.AppendNil(dst), true, nil
	}
	switch t {
	case rawType:
		if v.Len() == 0 {
			return msgp.AppendNil(dst), true, nil
		}
		return append(dst, v.Bytes()...), true, nil
	case timeType:
		return appendTime(dst, v.Interface().(time.Time)), true, nil
	case jsonNumber:
		dst, err = appendNumber(dst, v.String())
		return dst, true, err
	}
	if t.PkgPath() == "" && t.Kind() != reflect.Pointer && t.Kind() != reflect.Struct {
		return dst, false, nil // it has no methods
	}
	if t.Kind() == reflect.Pointer && t.Elem() == timeType {
		return dst, false, nil
	}
	if isNumberType(t) {
		err = v.Interface().(asNumber).check()
		return dst, err != nil, err
	}
	if t.Kind() == reflect.Interface || t.Kind() == reflect.Pointer && isNumberType(t.Elem()) {
		return dst, false, nil
	}
	if v.CanAddr() {
		v = v.Addr()
	}
	switch m := v.Interface().(type) {
	case encoding.TextMarshaler:
		text, err := m.MarshalText()
		return msgp.AppendStringFromBytes(dst, text), true, err
	case encoding.BinaryMarshaler:
		b, err := m.MarshalBinary()
		return msgp.AppendBytes(dst, b), true, err
	}
	return dst, false, nil
}

// appendNumber appends a json.Number: as an integer if it is one of 64 bits, and else
// as the float64 next to it, since MessagePack has no decimals.
func appendNumber(dst []byte, text string) ([]byte, error) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return appendInt(dst, n), nil
	}
	if n, err := strconv.ParseUint(text, 10, 64); err == nil {
		return msgp.AppendUint64(dst, n), nil
	}
	f, err := strconv.ParseFloat(cmp.Or(text, "0"), 64)
	if err != nil {
		return dst, fmt.Errorf("json.Number %q is not a number of 64 bits", text)
	}
	return msgp.AppendFloat64(dst, f), nil
}

func (s *shape) appendStruct(dst []byte, v reflect.Value, depth int) ([]byte, error) {
	if k := s.fields.keyed(v.Type()); k != nil {
		return s.appendKeyed(dst, k, v, depth)
	}
	type entry struct {
		field
		value reflect.Value
	}
	var entries []entry
	for _, f := range s.fields.of(v.Type()) {
		if fv, ok := f.in(v); ok && !f.omitted(fv) {
			entries = append(entries, entry{f, fv})
		}
	}
	dst = msgp.AppendMapHeader(dst, uint32(len(entries)))
	for _, e := range entries {
		var err error
		if dst, err = s.appendReflect(msgp.AppendString(dst, e.name), e.value, depth+1); err != nil {
			return dst, fmt.Errorf("%v: field %s: %w", v.Type(), e.name, err)
		}
	}
	return dst, nil
}

func (s *shape) appendList(dst []byte, v reflect.Value, depth int) ([]byte, error) {
	if v.Kind() == reflect.Slice {
		if v.IsNil() {
			return msgp.AppendNil(dst), nil
		}
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return msgp.AppendBytes(dst, v.Bytes()), nil
		}
	}
	dst = msgp.AppendArrayHeader(dst, uint32(v.Len()))
	for i := range v.Len() {
		var err error
		if dst, err = s.appendReflect(dst, v.Index(i), depth+1); err != nil {
			return dst, err
		}
	}
	return dst, nil
}

// appendMap appends the entries in the order of their keys.
func (s *shape) appendMap(dst []byte, v reflect.Value, depth int) ([]byte, error) {
	if v.IsNil() {
		return msgp.AppendNil(dst), nil
	}
	type entry struct {
		key   []byte
		value reflect.Value
	}
	entries := make([]entry, 0, v.Len())
	for it := v.MapRange(); it.Next(); {
		key, err := s.appendPlain(nil, it.Key(), depth+1)
		if err != nil {
			return dst, fmt.Errorf("%v: %w", v.Type(), err)
		}
		entries = append(entries, entry{key, it.Value()})
	}
	slices.SortFunc(entries, func(a, b entry) int { return bytes.Compare(a.key, b.key) })
	dst = msgp.AppendMapHeader(dst, uint32(len(entries)))
	for _, e := range entries {
		var err error
		if dst, err = s.appendReflect(append(dst, e.key...), e.value, depth+1); err != nil {
			return dst, err
		}
	}
	return dst, nil
}
