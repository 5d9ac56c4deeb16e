package protocol

import (
	"bytes"
	"encoding"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

var (
	jsonMarshaler = reflect.TypeFor[json.Marshaler]()
	textMarshaler = reflect.TypeFor[encoding.TextMarshaler]()
	jsonNumber    = reflect.TypeFor[json.Number]()
	rawType       = reflect.TypeFor[Raw]()
	timeType      = reflect.TypeFor[time.Time]()
)

// appendJSONReflect appends what encoding/json would write for v, but for the
// names of struct fields. encoding/json cannot be told to write them in
// camelCase, and afterwards they cannot be told from the keys of maps: so what
// contains other values is walked here, and what describes itself (Marshaler)
// is left to encoding/json. depth is how many values v is inside of.
func (s *shape) appendJSONReflect(dst []byte, v reflect.Value, depth int) ([]byte, error) {
	if !v.IsValid() {
		return append(dst, "null"...), nil
	}
	if depth > maxDepth {
		return dst, fmt.Errorf("%v is nested more than %d deep; does it contain itself?", v.Type(), maxDepth)
	}
	if v.Type() == rawType {
		return appendJSONRaw(dst, v.Bytes()), nil
	}
	v = s.behind(v)
	if of := s.surrogate(v.Type()); of != nil {
		w, err := of.write(v)
		if err != nil {
			return dst, err
		}
		return s.appendJSONPlain(dst, w, depth+1)
	}
	return s.appendJSONPlain(dst, v, depth)
}

// appendJSONPlain is appendJSONReflect for what is not converted.
func (s *shape) appendJSONPlain(dst []byte, v reflect.Value, depth int) ([]byte, error) {
	if describesItself(v) {
		return appendJSONMarshaler(dst, v)
	}
	switch v.Kind() {
	case reflect.Bool:
		return strconv.AppendBool(dst, v.Bool()), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return strconv.AppendInt(dst, v.Int(), 10), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return strconv.AppendUint(dst, v.Uint(), 10), nil
	case reflect.Float32, reflect.Float64:
		return appendJSONFloat(dst, v.Float(), v.Type().Bits())
	case reflect.String:
		return appendJSONString(dst, v.String()), nil
	case reflect.Interface, reflect.Pointer:
		return s.appendJSONReflect(dst, v.Elem(), depth+1)
	case reflect.Struct:
		return s.appendJSONStruct(dst, v, depth)
	case reflect.Map:
		return s.appendJSONMap(dst, v, depth)
	case reflect.Slice, reflect.Array:
		return s.appendJSONList(dst, v, depth)
	}
	return dst, fmt.Errorf("%v has no JSON", v.Type())
}

// describesItself tells whether v, or what it can be addressed by, has a method
// that says how it is written.
func describesItself(v reflect.Value) bool {
	t := v.Type()
	if t == jsonNumber || t.Implements(jsonMarshaler) || t.Implements(textMarshaler) {
		return true
	}
	if !v.CanAddr() {
		return false
	}
	p := reflect.PointerTo(t)
	return p.Implements(jsonMarshaler) || p.Implements(textMarshaler)
}

func appendJSONMarshaler(dst []byte, v reflect.Value) ([]byte, error) {
	if v.CanAddr() {
		v = v.Addr()
	}
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	if err := e.Encode(v.Interface()); err != nil {
		return dst, err
	}
	return append(dst, bytes.TrimSuffix(buf.Bytes(), []byte{'\n'})...), nil
}

func (s *shape) appendJSONStruct(dst []byte, v reflect.Value, depth int) ([]byte, error) {
	dst = append(dst, '{')
	empty := true
	for _, f := range s.fields.of(v.Type()) {
		fv, ok := f.in(v)
		if !ok || f.omitted(fv) {
			continue
		}
		if !empty {
			dst = append(dst, ',')
		}
		empty = false
		dst = append(appendJSONString(dst, f.name), ':')
		var err error
		if dst, err = s.appendJSONField(dst, f, fv, depth+1); err != nil {
			return dst, fmt.Errorf("%v: field %s: %w", v.Type(), f.name, err)
		}
	}
	return append(dst, '}'), nil
}

// appendJSONField appends the value of f, as a string if its tag says so.
func (s *shape) appendJSONField(dst []byte, f field, v reflect.Value, depth int) ([]byte, error) {
	if !f.quoted {
		return s.appendJSONReflect(dst, v, depth)
	}
	inner, err := s.appendJSONReflect(nil, v, depth)
	if err != nil || string(inner) == "null" {
		return append(dst, inner...), err
	}
	return appendJSONString(dst, string(inner)), nil
}

func (s *shape) appendJSONList(dst []byte, v reflect.Value, depth int) ([]byte, error) {
	if v.Kind() == reflect.Slice {
		if v.IsNil() {
			return append(dst, "null"...), nil
		}
		if v.Type().Elem().Kind() == reflect.Uint8 {
			dst = base64.StdEncoding.AppendEncode(append(dst, '"'), v.Bytes())
			return append(dst, '"'), nil
		}
	}
	dst = append(dst, '[')
	for i := range v.Len() {
		if i > 0 {
			dst = append(dst, ',')
		}
		var err error
		if dst, err = s.appendJSONReflect(dst, v.Index(i), depth+1); err != nil {
			return dst, err
		}
	}
	return append(dst, ']'), nil
}

func (s *shape) appendJSONMap(dst []byte, v reflect.Value, depth int) ([]byte, error) {
	if v.IsNil() {
		return append(dst, "null"...), nil
	}
	type entry struct {
		key   string
		value reflect.Value
	}
	entries := make([]entry, 0, v.Len())
	for it := v.MapRange(); it.Next(); {
		key, err := mapKey(it.Key())
		if err != nil {
			return dst, fmt.Errorf("%v: %w", v.Type(), err)
		}
		entries = append(entries, entry{key, it.Value()})
	}
	slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.key, b.key) })
	dst = append(dst, '{')
	for i, e := range entries {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendJSONString(dst, e.key), ':')
		var err error
		if dst, err = s.appendJSONReflect(dst, e.value, depth+1); err != nil {
			return dst, err
		}
	}
	return append(dst, '}'), nil
}

// mapKey returns what encoding/json would name the entry of a map with key k.
func mapKey(k reflect.Value) (string, error) {
	if k.Kind() == reflect.Interface && !k.IsNil() {
		return mapKey(k.Elem()) // of a map[any]any
	}
	if k.Kind() == reflect.String {
		return k.String(), nil
	}
	if t, ok := k.Interface().(encoding.TextMarshaler); ok {
		text, err := t.MarshalText()
		return string(text), err
	}
	if k.CanInt() {
		return strconv.FormatInt(k.Int(), 10), nil
	}
	if k.CanUint() {
		return strconv.FormatUint(k.Uint(), 10), nil
	}
	return "", fmt.Errorf("key %v is neither a string nor an integer", k.Type())
}
