package protocol

import (
	"cmp"
	"reflect"
	"slices"
	"strings"
	"sync"
	"unicode"
)

// A field is a field of a struct, or of a struct embedded in it, under the name
// it has in messages.
type field struct {
	name   string
	index  []int // the way to it, as of reflect.Value.FieldByIndex
	typ    reflect.Type
	tagged bool // the name is from a tag

	key string // that the tag has for MessagePack; empty: none

	omitEmpty, omitZero, quoted bool // options of the tag
}

// A naming finds the fields of struct types, once for each type.
type naming struct {
	tags   []string            // keys of struct tags, the first that is there counts
	rename func(string) string // for fields without a tag; nil: as declared
	types  sync.Map            // reflect.Type to []field
	arrays sync.Map            // reflect.Type to *keyed
}

var (
	jsonFields        = &naming{tags: []string{"json"}, rename: camelCase}
	messagePackFields = &naming{tags: []string{"msgpack", "json"}}
)

// of returns the fields of the struct type t in the order of declaration. Of
// several with one name, the least deeply embedded counts, then the tagged one;
// if that does not decide, none does (encoding/json, Marshal).
func (n *naming) of(t reflect.Type) []field {
	if f, ok := n.types.Load(t); ok {
		return f.([]field)
	}
	byName := make(map[string][]field)
	for _, f := range n.collect(t, nil, nil, nil) {
		byName[f.name] = append(byName[f.name], f)
	}
	var fields []field
	for _, same := range byName {
		slices.SortFunc(same, rank)
		if len(same) == 1 || rank(same[0], same[1]) < 0 {
			fields = append(fields, same[0])
		}
	}
	slices.SortFunc(fields, func(a, b field) int { return slices.Compare(a.index, b.index) })
	n.types.Store(t, fields)
	return fields
}

// rank orders fields of one name, the one that counts first.
func rank(a, b field) int {
	if c := cmp.Compare(len(a.index), len(b.index)); c != 0 {
		return c
	}
	switch {
	case a.tagged && !b.tagged:
		return -1
	case b.tagged && !a.tagged:
		return 1
	}
	return 0
}

// collect appends the fields of t and of the structs embedded in it. outer are
// the types on the way to t, so that one that embeds itself comes to an end.
func (n *naming) collect(t reflect.Type, way []int, outer []reflect.Type, fields []field) []field {
	if slices.Contains(outer, t) {
		return fields
	}
	outer = append(slices.Clip(outer), t)
	for i := range t.NumField() {
		sf := t.Field(i)
		tag := n.tag(sf)
		if tag == "-" {
			continue
		}
		name, options, _ := strings.Cut(tag, ",")
		index := append(slices.Clone(way), i)
		inner := sf.Type
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		switch {
		case sf.Anonymous && name == "" && inner.Kind() == reflect.Struct:
			if sf.IsExported() || sf.Type.Kind() == reflect.Struct {
				fields = n.collect(inner, index, outer, fields)
			}
		case sf.IsExported():
			fields = append(fields, n.field(sf, index, name, options))
		}
	}
	return fields
}

func (n *naming) tag(sf reflect.StructField) string {
	for _, key := range n.tags {
		if tag, ok := sf.Tag.Lookup(key); ok {
			return tag
		}
	}
	return ""
}

func (n *naming) field(sf reflect.StructField, index []int, name, options string) field {
	f := field{name: name, index: index, typ: sf.Type, tagged: name != "", key: keyOf(options)}
	if name == "" {
		f.name = sf.Name
		if n.rename != nil {
			f.name = n.rename(sf.Name)
		}
	}
	for o := range strings.SplitSeq(options, ",") {
		switch o {
		case "omitempty":
			f.omitEmpty = true
		case "omitzero":
			f.omitZero = true
		case "string":
			f.quoted = quotable(sf.Type)
		}
	}
	return f
}

// quotable tells whether the option "string" has an effect on fields of type t.
func quotable(t reflect.Type) bool {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.Bool, reflect.String, reflect.Float32, reflect.Float64,
		reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return true
	}
	return false
}

// in returns the field's value in the struct v. There is none if a pointer to an
// embedded struct on the way to it is nil.
func (f field) in(v reflect.Value) (reflect.Value, bool) {
	for _, i := range f.index {
		if v.Kind() == reflect.Pointer {
			if v.IsNil() {
				return reflect.Value{}, false
			}
			v = v.Elem()
		}
		v = v.Field(i)
	}
	return v, true
}

// omitted tells whether the options of the tag leave out the value v.
func (f field) omitted(v reflect.Value) bool {
	if f.omitZero {
		if z, ok := v.Interface().(interface{ IsZero() bool }); ok {
			if v.Kind() != reflect.Pointer || !v.IsNil() {
				return z.IsZero()
			}
		}
		return v.IsZero()
	}
	if !f.omitEmpty {
		return false
	}
	switch v.Kind() {
	case reflect.Struct:
		return false
	case reflect.Array, reflect.Map, reflect.Slice, reflect.String:
		return v.Len() == 0
	}
	return v.IsZero()
}

// camelCase returns name as .NET's JsonNamingPolicy.CamelCase does: capitals at
// its start become small, but for the last one if a small letter follows it.
func camelCase(name string) string {
	r := []rune(name)
	for i := range r {
		if !unicode.IsUpper(r[i]) || i > 0 && i+1 < len(r) && !unicode.IsUpper(r[i+1]) {
			break
		}
		r[i] = unicode.ToLower(r[i])
	}
	return string(r)
}
