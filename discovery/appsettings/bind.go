package appsettings

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/signalmesh/signalmesh/discovery/diag"
)

// Bind sets the exported fields of the struct that target points to from the keys
// of this section with the same names, letter case aside. Fields may be text,
// booleans, numbers, structs, slices, and pointers to these, which stay nil where
// nothing is set. Elements of a slice are in the order of their keys, gaps closed.
// Keys without a field are ignored, as fields of type diag.Origin are. A JSON null counts as not set, and fields
// without a key keep their value.
//
// A value that cannot be converted is an error that names the key, the place, the
// value unless it is secret, and the type; the rest is set all the same. Bind
// panics if target is no pointer to a struct or a field has another type.
func (c *Config) Bind(target any) diag.Problems {
	v := reflect.ValueOf(target)
	if v.Kind() != reflect.Pointer || v.Elem().Kind() != reflect.Struct {
		panic(fmt.Sprintf("appsettings: Bind to %T, want a pointer to a struct", target))
	}
	var b binder
	if e, scalar := c.value(); scalar || len(c.keys) > 0 {
		b.compound(c, v.Elem(), e, len(c.keys) > 0)
	}
	return b.problems
}

// A binder gathers the problems of one Bind.
type binder struct{ problems diag.Problems }

func (b *binder) fields(c *Config, v reflect.Value) {
	for f, fv := range v.Fields() {
		if f.IsExported() && f.Type != reflect.TypeFor[diag.Origin]() {
			b.value(c.Section(f.Name), fv)
		}
	}
}

// value sets v from a section, which stands for one key.
func (b *binder) value(c *Config, v reflect.Value) {
	e, scalar := c.value()
	if scalar && e.Null {
		scalar = false
	}
	composite := len(c.keys) > 0
	if !scalar && !composite {
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		n := reflect.New(v.Type().Elem())
		before := len(b.problems)
		b.value(c, n.Elem())
		if len(b.problems) == before {
			v.Set(n)
		}
	case reflect.Struct, reflect.Slice:
		b.compound(c, v, e, composite)
	default:
		if !scalar {
			b.add(c.path, c.first(), "is a section, expected %s", describe(v.Type()))
			return
		}
		b.scalar(c.path, e, v)
	}
}

// compound sets a struct or slice. An empty text is what an empty object or array
// looks like in other sources, and sets nothing.
func (b *binder) compound(c *Config, v reflect.Value, e Entry, composite bool) {
	switch {
	case !composite:
		if e.Value != "" {
			b.add(c.path, e.Origin, "is a single value, expected %s", describe(v.Type()))
		}
	case v.Kind() == reflect.Struct:
		b.fields(c, v)
	default:
		children := c.Children()
		s := reflect.MakeSlice(v.Type(), len(children), len(children))
		for i, name := range children {
			b.value(c.Section(name), s.Index(i))
		}
		v.Set(s)
	}
}

// scalar converts one text.
func (b *binder) scalar(path string, e Entry, v reflect.Value) {
	text := strings.TrimSpace(e.Value)
	var err error
	switch v.Kind() {
	case reflect.String:
		v.SetString(e.Value)
	case reflect.Bool:
		switch strings.ToLower(text) {
		case "true":
			v.SetBool(true)
		case "false":
			v.SetBool(false)
		default:
			err = strconv.ErrSyntax
		}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		var n int64
		if n, err = strconv.ParseInt(text, 10, v.Type().Bits()); err == nil {
			v.SetInt(n)
		}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		var n uint64
		if n, err = strconv.ParseUint(text, 10, v.Type().Bits()); err == nil {
			v.SetUint(n)
		}
	case reflect.Float32, reflect.Float64:
		var n float64
		if n, err = strconv.ParseFloat(text, v.Type().Bits()); err == nil {
			v.SetFloat(n)
		}
	default:
		panic("appsettings: Bind to a field of type " + v.Type().String())
	}
	if err != nil {
		b.add(path, e.Origin, "%s cannot be converted to %s", quote(e.Shown()), describe(v.Type()))
	}
}

func (b *binder) add(path string, at diag.Origin, format string, args ...any) {
	b.problems = append(b.problems, diag.Problem{Severity: diag.Error, At: at, Path: path,
		Message: path + ": " + fmt.Sprintf(format, args...)})
}

// describe names a type for an operator.
func describe(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Struct:
		return "a section with keys of its own"
	case reflect.Slice:
		return "an array"
	case reflect.String:
		return "a text"
	case reflect.Bool:
		return "a boolean (true or false)"
	case reflect.Float32, reflect.Float64:
		return "a number"
	}
	return "a whole number (" + t.Kind().String() + ")"
}
