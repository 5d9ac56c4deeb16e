package protocol

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/tinylib/msgp/msgp"
)

// maxKey is the largest key of a field. It bounds the length of the array.
const maxKey = 1023

// A keyed is a struct type that is an array in MessagePack, as .NET's types with
// [Key(0)] are: its fields have the option "key" in their tag.
type keyed struct {
	fields []*field // by key; nil: no field has the key
	err    error    // why the type has no MessagePack
}

// keyed returns how t is an array. It returns nil if no field has a key.
func (n *naming) keyed(t reflect.Type) *keyed {
	if k, ok := n.arrays.Load(t); ok {
		return k.(*keyed)
	}
	k := arrange(t, n.of(t))
	n.arrays.Store(t, k)
	return k
}

func arrange(t reflect.Type, fields []field) *keyed {
	k := new(keyed)
	var without *field
	for i := range fields {
		f := &fields[i]
		if f.key == "" {
			without = f
			continue
		}
		key, err := strconv.ParseUint(f.key, 10, 16)
		switch {
		case err != nil || key > maxKey:
			k.err = fmt.Errorf("%v: field %s has key %q; keys are integers from 0 to %d", t, f.name, f.key, maxKey)
			return k
		case key < uint64(len(k.fields)) && k.fields[key] != nil:
			k.err = fmt.Errorf("%v: fields %s and %s have the same key %d", t, k.fields[key].name, f.name, key)
			return k
		}
		for uint64(len(k.fields)) <= key {
			k.fields = append(k.fields, nil)
		}
		k.fields[key] = f
	}
	switch {
	case len(k.fields) == 0:
		return nil
	case without != nil:
		k.err = fmt.Errorf(`%v: field %s has no key, but others have; add msgpack:",key=%d" or msgpack:"-" to its tag`, t, without.name, len(k.fields))
	}
	return k
}

// keyOf returns the value of the option "key" of a tag.
func keyOf(options string) string {
	for o := range strings.SplitSeq(options, ",") {
		if key, ok := strings.CutPrefix(o, "key="); ok {
			return key
		}
	}
	return ""
}

// appendKeyed appends a struct as an array, with nil for keys without a field.
func (s *shape) appendKeyed(dst []byte, k *keyed, v reflect.Value, depth int) (_ []byte, err error) {
	if k.err != nil {
		return dst, k.err
	}
	dst = msgp.AppendArrayHeader(dst, uint32(len(k.fields)))
	for _, f := range k.fields {
		var fv reflect.Value // invalid: nil
		if f != nil {
			fv, _ = f.in(v)
		}
		if dst, err = s.appendReflect(dst, fv, depth+1); err != nil {
			return dst, fmt.Errorf("%v: field %s: %w", v.Type(), f.name, err)
		}
	}
	return dst, nil
}

// bindKeyed takes an array for a struct. Missing elements are zero. Elements without a
// field are skipped.
func (s *shape) bindKeyed(b []byte, k *keyed, v reflect.Value) ([]byte, error) {
	if k.err != nil {
		return b, k.err
	}
	n, b, err := msgp.ReadArrayHeaderBytes(b)
	v.SetZero()
	for i := range int(n) {
		if err != nil {
			return b, err
		}
		if i >= len(k.fields) || k.fields[i] == nil {
			if i >= len(k.fields) && s.refuseUnknown {
				return b, fmt.Errorf("%v has no field with key %d", v.Type(), i)
			}
			b, err = skip(b, maxDepth)
			continue
		}
		f := k.fields[i]
		fv, ok := f.settable(v)
		if !ok {
			return b, fmt.Errorf("field %s of %v cannot be set", f.name, v.Type())
		}
		if b, err = s.bind(b, fv); err != nil {
			return b, fmt.Errorf("field %s: %w", f.name, err)
		}
	}
	return b, err
}
