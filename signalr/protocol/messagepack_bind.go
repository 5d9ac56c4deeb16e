package protocol

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/tinylib/msgp/msgp"
)

// errNullValue is for null where there must be a number, a truth or a time.
var errNullValue = errors.New("null is no value of this type; a pointer takes it")

// bind decodes the first value of b into v, and returns what follows it. b must
// have been skipped once, so its headers and depth are known to be true.
func (s *shape) bind(b []byte, v reflect.Value) (rest []byte, err error) {
	of := s.surrogate(v.Type())
	if of == nil {
		return s.bindPlain(b, v)
	}
	w := reflect.New(of.typ).Elem()
	if rest, err = s.bindPlain(b, w); err != nil {
		return b, err
	}
	if w, err = of.read(w); err != nil {
		return b, err
	}
	v.Set(w)
	return rest, nil
}

// bindPlain is bind for what is not converted.
func (s *shape) bindPlain(b []byte, v reflect.Value) (rest []byte, err error) {
	if msgp.IsNil(b) {
		return b[1:], bindNil(v)
	}
	switch t := v.Type(); {
	case t == rawType:
		rest, err = skip(b, maxDepth)
		v.SetBytes(b[: len(b)-len(rest) : len(b)-len(rest)])
		return rest, err
	case t == timeType:
		when, rest, err := bindTime(b)
		v.Set(reflect.ValueOf(when))
		return rest, err
	}
	if isNumberType(v.Type()) {
		if rest, err = bindScalar(b, v); err == nil {
			err = v.Interface().(asNumber).check()
		}
		return rest, err
	}
	if rest, done, err := bindOwn(b, v); done {
		return rest, err
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		return s.bind(b, v.Elem())
	case reflect.Struct:
		return s.bindStruct(b, v)
	case reflect.Slice, reflect.Array:
		return s.bindList(b, v)
	case reflect.Map:
		return s.bindMap(b, v)
	case reflect.Interface:
		return bindAny(b, v)
	}
	return bindScalar(b, v)
}

// bindNil is for null, which leaves zero unless .NET knows no null of the type.
func bindNil(v reflect.Value) error {
	if refusesNull(v.Type()) {
		return errNullValue
	}
	v.SetZero()
	return nil
}

// refusesNull reports whether t is a number, a truth or a time.
func refusesNull(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Bool, reflect.Float32, reflect.Float64,
		reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return true
	}
	return t == timeType
}

// bindOwn lets v take a text or bytes, if it has a method for that.
func bindOwn(b []byte, v reflect.Value) (rest []byte, done bool, err error) {
	if v.Type().PkgPath() == "" && v.Kind() != reflect.Struct || !v.CanAddr() {
		return b, false, nil
	}
	switch msgp.NextType(b) {
	case msgp.StrType:
		if m, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
			text, rest, err := msgp.ReadStringZC(b)
			if err == nil {
				err = m.UnmarshalText(text)
			}
			return rest, true, err
		}
	case msgp.BinType:
		if m, ok := v.Addr().Interface().(encoding.BinaryUnmarshaler); ok {
			data, rest, err := msgp.ReadBytesZC(b)
			if err == nil {
				err = m.UnmarshalBinary(data)
			}
			return rest, true, err
		}
	}
	return b, false, nil
}

// bindStruct takes a map, or an array if the fields have keys. Of two keys for one field, the exact one counts, and
// else the last.
func (s *shape) bindStruct(b []byte, v reflect.Value) ([]byte, error) {
	kind := msgp.NextType(b)
	if kind == msgp.ArrayType {
		if k := s.fields.keyed(v.Type()); k != nil {
			return s.bindKeyed(b, k, v)
		}
	}
	if kind != msgp.MapType {
		return b, wrongType(b)
	}
	n, b, err := msgp.ReadMapHeaderBytes(b)
	fields := s.fields.of(v.Type())
	exact := make([]bool, len(fields))
	for range n {
		key, rest, keyErr := msgp.ReadStringZC(b)
		if keyErr != nil { // it is no string, so no field's
			if rest, err = skip(b, maxDepth); err != nil {
				return b, err
			}
		}
		b = rest
		i, same := fieldOf(fields, key)
		switch {
		case i < 0 && s.refuseUnknown:
			return b, fmt.Errorf("%v has no field %q", v.Type(), key)
		case i < 0 || exact[i] && !same:
			if b, err = skip(b, maxDepth); err != nil {
				return b, err
			}
			continue
		}
		exact[i] = exact[i] || same
		fv, ok := fields[i].settable(v)
		if !ok {
			return b, fmt.Errorf("field %s of %v cannot be set", fields[i].name, v.Type())
		}
		fv.SetZero()
		if b, err = s.bind(b, fv); err != nil {
			return b, fmt.Errorf("field %s: %w", fields[i].name, err)
		}
	}
	return b, err
}

// fieldOf finds the field of that name, exactly or but for case, or -1.
func fieldOf(fields []field, name []byte) (i int, exact bool) {
	folded := -1
	for i := range fields {
		if fields[i].name == string(name) {
			return i, true
		}
		if folded < 0 && strings.EqualFold(fields[i].name, string(name)) {
			folded = i
		}
	}
	return folded, false
}

// settable returns the field in the struct v, with the embedded structs on the way
// to it that are missing. It reports false if one of them cannot be set.
func (f field) settable(v reflect.Value) (reflect.Value, bool) {
	for _, i := range f.index {
		if v.Kind() == reflect.Pointer {
			if v.IsNil() {
				if !v.CanSet() {
					return v, false
				}
				v.Set(reflect.New(v.Type().Elem()))
			}
			v = v.Elem()
		}
		v = v.Field(i)
	}
	return v, true
}

// bindList takes an array, or bytes for a list of them. A slice grows with what is
// there.
func (s *shape) bindList(b []byte, v reflect.Value) (rest []byte, err error) {
	kind := msgp.NextType(b)
	if v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8 && (kind == msgp.BinType || kind == msgp.StrType) {
		data, rest, err := readBytes(b, kind)
		v.SetBytes(data)
		return rest, err
	}
	if kind != msgp.ArrayType {
		return b, wrongType(b)
	}
	n, b, err := msgp.ReadArrayHeaderBytes(b)
	if err != nil {
		return b, err
	}
	if v.Kind() == reflect.Array {
		return s.bindArray(b, v, int(n))
	}
	v.Set(reflect.MakeSlice(v.Type(), 0, min(int(n), len(b))))
	for i := range int(n) {
		if v.Len() == v.Cap() {
			v.Grow(1)
		}
		v.SetLen(i + 1)
		v.Index(i).SetZero()
		if b, err = s.bind(b, v.Index(i)); err != nil {
			return b, err
		}
	}
	return b, nil
}

// bindArray takes n elements for an array. Further ones are dropped, and missing
// ones are zero.
func (s *shape) bindArray(b []byte, v reflect.Value, n int) (rest []byte, err error) {
	v.SetZero()
	for i := range n {
		if i < v.Len() {
			b, err = s.bind(b, v.Index(i))
		} else {
			b, err = skip(b, maxDepth)
		}
		if err != nil {
			return b, err
		}
	}
	return b, nil
}

// readBytes returns a copy of a bin or str.
func readBytes(b []byte, kind msgp.Type) ([]byte, []byte, error) {
	if kind == msgp.BinType {
		return msgp.ReadBytesBytes(b, []byte{}) // empty is not nil
	}
	text, rest, err := msgp.ReadStringZC(b)
	return append([]byte{}, text...), rest, err
}

func (s *shape) bindMap(b []byte, v reflect.Value) (rest []byte, err error) {
	if msgp.NextType(b) != msgp.MapType {
		return b, wrongType(b)
	}
	n, b, err := msgp.ReadMapHeaderBytes(b)
	t := v.Type()
	v.Set(reflect.MakeMap(t))
	for range n {
		key, value := reflect.New(t.Key()).Elem(), reflect.New(t.Elem()).Elem()
		if b, err = s.bindPlain(b, key); err != nil {
			return b, fmt.Errorf("key: %w", err)
		}
		if !key.Comparable() {
			return b, fmt.Errorf("a %v cannot be a key", t.Key())
		}
		if b, err = s.bind(b, value); err != nil {
			return b, err
		}
		v.SetMapIndex(key, value)
	}
	return b, err
}
