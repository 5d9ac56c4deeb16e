package protocol

import (
	"encoding"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tinylib/msgp/msgp"
	"github.com/ugorji/go/codec"
)

// withExactKeys returns raw as it is to be decoded into a t: keys of maps that
// become structs, and that match a field but for case, are replaced by the
// field's own key, since the codec compares exactly. It returns raw itself if t
// has no structs in it.
func withExactKeys(raw Raw, t reflect.Type) (Raw, error) {
	if t == nil || !hasStruct(t) {
		return raw, nil
	}
	out, _, err := rewriteKeys(make([]byte, 0, len(raw)), raw, t, 0)
	return out, err
}

// rewriteKeys appends the first value of b to dst, with exact keys for a t.
func rewriteKeys(dst, b []byte, t reflect.Type, depth int) (out, rest []byte, err error) {
	fields := t != nil && hasStruct(t)
	for fields && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	next := msgp.NextType(b)
	switch {
	case depth >= maxDepth:
		return dst, b, errTooDeep
	case !fields:
		// Nothing in it is told apart by name.
	case next == msgp.ArrayType && (t.Kind() == reflect.Slice || t.Kind() == reflect.Array):
		return rewriteElements(dst, b, t.Elem(), depth)
	case next == msgp.MapType && t.Kind() == reflect.Map:
		return rewriteMap(dst, b, depth, func([]byte) (string, reflect.Type) { return "", t.Elem() })
	case next == msgp.MapType && t.Kind() == reflect.Struct:
		return rewriteStruct(dst, b, t, depth)
	}
	if rest, err = skip(b, maxDepth); err != nil {
		return dst, b, err
	}
	return append(dst, b[:len(b)-len(rest)]...), rest, nil
}

func rewriteElements(dst, b []byte, t reflect.Type, depth int) (out, rest []byte, err error) {
	n, b, err := msgp.ReadArrayHeaderBytes(b)
	if err != nil {
		return dst, b, err
	}
	dst = msgp.AppendArrayHeader(dst, n)
	for range n {
		if dst, b, err = rewriteKeys(dst, b, t, depth+1); err != nil {
			return dst, b, err
		}
	}
	return dst, b, nil
}

// rewriteStruct rewrites a map for the struct type t. A key that matches but for
// case gives way to one that matches exactly.
func rewriteStruct(dst, b []byte, t reflect.Type, depth int) (out, rest []byte, err error) {
	fields := messagePackFields.of(t)
	exact, err := exactKeys(b, fields)
	if err != nil {
		return dst, b, err
	}
	return rewriteMap(dst, b, depth, func(key []byte) (string, reflect.Type) {
		i := slices.IndexFunc(fields, func(f field) bool { return f.name == string(key) })
		if i < 0 {
			i = slices.IndexFunc(fields, func(f field) bool { return strings.EqualFold(f.name, string(key)) })
			if i < 0 || exact[i] {
				return "", nil
			}
		}
		return fields[i].name, fields[i].typ
	})
}

// exactKeys tells for each field whether the map at the start of b has its key.
func exactKeys(b []byte, fields []field) ([]bool, error) {
	found := make([]bool, len(fields))
	n, b, err := msgp.ReadMapHeaderBytes(b)
	for range n {
		if key, _, err := msgp.ReadStringZC(b); err == nil {
			if i := slices.IndexFunc(fields, func(f field) bool { return f.name == string(key) }); i >= 0 {
				found[i] = true
			}
		}
		for range 2 {
			if b, err = skip(b, maxDepth); err != nil {
				return nil, err
			}
		}
	}
	return found, err
}

// rewriteMap rewrites a map entry by entry. resolve tells, for a key that is a
// string, what to put in its place (nothing if empty) and what type the value
// is for.
func rewriteMap(dst, b []byte, depth int, resolve func(key []byte) (string, reflect.Type)) (out, rest []byte, err error) {
	n, b, err := msgp.ReadMapHeaderBytes(b)
	if err != nil {
		return dst, b, err
	}
	dst = msgp.AppendMapHeader(dst, n)
	for range n {
		after, err := skip(b, maxDepth)
		if err != nil {
			return dst, b, err
		}
		name, t := "", reflect.Type(nil)
		if key, _, err := msgp.ReadStringZC(b); err == nil {
			name, t = resolve(key)
		}
		if name != "" {
			dst = msgp.AppendString(dst, name)
		} else {
			dst = append(dst, b[:len(b)-len(after)]...)
		}
		if dst, b, err = rewriteKeys(dst, after, t, depth+1); err != nil {
			return dst, b, err
		}
	}
	return dst, b, nil
}

var (
	structs           sync.Map // reflect.Type to bool: what hasStruct says
	timeType          = reflect.TypeFor[time.Time]()
	selfer            = reflect.TypeFor[codec.Selfer]()
	binaryUnmarshaler = reflect.TypeFor[encoding.BinaryUnmarshaler]()
)

// hasStruct tells whether t, or what it contains, is a struct that the codec
// reads field by field.
func hasStruct(t reflect.Type) bool {
	if has, ok := structs.Load(t); ok {
		return has.(bool)
	}
	has := findStruct(t)
	structs.Store(t, has)
	return has
}

func findStruct(t reflect.Type) bool {
	for range maxDepth { // a type may contain itself: type T []T
		p := reflect.PointerTo(t)
		if t == timeType || p.Implements(selfer) || p.Implements(binaryUnmarshaler) {
			return false
		}
		switch t.Kind() {
		case reflect.Struct:
			return true
		case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
			t = t.Elem()
		default:
			return false
		}
	}
	return false
}
