package protocol

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
)

var (
	jsonUnmarshaler = reflect.TypeFor[json.Unmarshaler]()
	textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// bindJSON decodes the next value into v. What contains other values is walked
// here, since encoding/json knows neither converters nor names of one's own; the
// rest is left to it.
func (s *shape) bindJSON(from *scanner, v reflect.Value) error {
	of := s.surrogate(v.Type())
	if of == nil {
		return s.bindJSONPlain(from, v)
	}
	w := reflect.New(of.typ).Elem()
	err := s.bindJSONPlain(from, w)
	if err == nil {
		w, err = of.read(w)
	}
	if err == nil {
		v.Set(w)
	}
	return err
}

// bindJSONPlain is bindJSON for what is not converted.
func (s *shape) bindJSONPlain(from *scanner, v reflect.Value) error {
	t, c := v.Type(), from.text[from.pos]
	if t.PkgPath() == "" && bindJSONScalar(from, v, c) {
		return nil
	}
	pointer := reflect.PointerTo(t)
	switch {
	case t == rawType:
		v.SetBytes(from.value())
		return nil
	case c == 'n' && refusesNull(t) && (t == timeType || !pointer.Implements(jsonUnmarshaler)):
		return errNullValue
	case t == timeType:
		return bindJSONTime(from.value(), v)
	case (v.CanInt() || v.CanUint()) && isNumber(c) && pointer.Implements(textUnmarshaler) && !pointer.Implements(jsonUnmarshaler) && !isNumberType(t):
		return bindJSONEnum(from.value(), v) // .NET's default for enums
	case pointer.Implements(jsonUnmarshaler) || pointer.Implements(textUnmarshaler):
		return json.Unmarshal(from.value(), v.Addr().Interface())
	case c == 'n':
		from.value()
		v.SetZero()
		return nil
	}
	switch {
	case v.Kind() == reflect.Pointer:
		if v.IsNil() {
			v.Set(reflect.New(t.Elem()))
		}
		return s.bindJSON(from, v.Elem())
	case v.Kind() == reflect.Struct && c == '{':
		return s.bindJSONStruct(from, v)
	case v.Kind() == reflect.Map && c == '{':
		return s.bindJSONMap(from, v)
	case (v.Kind() == reflect.Slice || v.Kind() == reflect.Array) && c == '[':
		return s.bindJSONList(from, v)
	case v.Kind() == reflect.Interface && v.NumMethod() == 0:
		bindJSONAny(from, v)
		return nil
	}
	return json.Unmarshal(from.value(), v.Addr().Interface())
}

// bindJSONScalar decodes the common simple values, which need nothing of
// encoding/json. It reports false, and leaves everything as it is, for others.
func bindJSONScalar(from *scanner, v reflect.Value, c byte) bool {
	start := from.pos
	switch {
	case v.Kind() == reflect.String && c == '"':
		v.SetString(unquote(from.value()))
		return true
	case v.Kind() == reflect.Bool && (c == 't' || c == 'f'):
		v.SetBool(from.value()[0] == 't')
		return true
	case v.CanInt() && isNumber(c):
		if n, err := strconv.ParseInt(string(from.value()), 10, v.Type().Bits()); err == nil {
			v.SetInt(n)
			return true
		}
	}
	from.pos = start
	return false
}

// isNumber reports whether a value that begins with c is a number.
func isNumber(c byte) bool { return c == '-' || '0' <= c && c <= '9' }

// bindJSONEnum takes the number of an enum whose names are texts.
func bindJSONEnum(text []byte, v reflect.Value) error {
	bits := v.Type().Bits()
	if v.CanUint() {
		n, err := strconv.ParseUint(string(text), 10, bits)
		v.SetUint(n)
		return err
	}
	n, err := strconv.ParseInt(string(text), 10, bits)
	v.SetInt(n)
	return err
}

// unquoted is unquote for a name, which stays part of the text if it can.
func unquoted(quoted []byte) []byte {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return quoted[1 : len(quoted)-1]
	}
	return []byte(unquote(quoted))
}

// bindJSONStruct takes an object. Of two names for one field the last counts.
func (s *shape) bindJSONStruct(from *scanner, v reflect.Value) error {
	fields := s.fields.of(v.Type())
	for from.open(); from.more(); {
		name := unquoted(from.name())
		i, _ := fieldOf(fields, name)
		if i < 0 {
			if s.refuseUnknown {
				return fmt.Errorf("%v has no field %q", v.Type(), name)
			}
			from.value()
			continue
		}
		fv, ok := fields[i].settable(v)
		if !ok {
			return fmt.Errorf("field %s of %v cannot be set", fields[i].name, v.Type())
		}
		if err := s.bindJSONField(from, fields[i], fv); err != nil {
			return fmt.Errorf("field %s: %w", fields[i].name, err)
		}
	}
	from.space()
	return nil
}

// bindJSONField decodes the value of f, from a string if its tag says so.
func (s *shape) bindJSONField(from *scanner, f field, v reflect.Value) error {
	if !f.quoted || from.text[from.pos] == 'n' {
		return s.bindJSON(from, v)
	}
	if from.text[from.pos] != '"' {
		return errors.New("it is not in a string, as its tag says")
	}
	inner, err := newScanner([]byte(unquote(from.value())))
	if err != nil {
		return err
	}
	return s.bindJSON(inner, v)
}

// bindJSONMap takes an object for a map. Its keys are for encoding/json, in an
// object that has nothing else.
func (s *shape) bindJSONMap(from *scanner, v reflect.Value) error {
	t := v.Type()
	v.Set(reflect.MakeMap(t))
	keys := reflect.MapOf(t.Key(), reflect.TypeFor[struct{}]())
	for from.open(); from.more(); {
		name := from.name()
		key := reflect.New(t.Key()).Elem()
		if t.Key().Kind() == reflect.String && !reflect.PointerTo(t.Key()).Implements(textUnmarshaler) {
			key.SetString(unquote(name))
		} else {
			one := reflect.New(keys)
			if err := json.Unmarshal([]byte("{"+string(name)+":{}}"), one.Interface()); err != nil {
				return fmt.Errorf("key %s: %w", name, err)
			}
			key = one.Elem().MapKeys()[0]
		}
		value := reflect.New(t.Elem()).Elem()
		if err := s.bindJSON(from, value); err != nil {
			return err
		}
		v.SetMapIndex(key, value)
	}
	from.space()
	return nil
}

// bindJSONList takes an array. Elements that an array has no room for are dropped.
func (s *shape) bindJSONList(from *scanner, v reflect.Value) error {
	slice := v.Kind() == reflect.Slice
	if slice {
		v.Set(reflect.MakeSlice(v.Type(), 0, 0))
	} else {
		v.SetZero()
	}
	n := 0
	for from.open(); from.more(); n++ {
		if slice {
			if n == v.Cap() {
				v.Grow(1)
			}
			v.SetLen(n + 1)
			v.Index(n).SetZero()
		} else if n >= v.Len() {
			from.value()
			continue
		}
		if err := s.bindJSON(from, v.Index(n)); err != nil {
			return err
		}
	}
	from.space()
	return nil
}

// bindJSONTime takes a time as .NET writes one: RFC 3339, or without a zone, which
// counts as UTC, and without seconds or time of day (ISO 8601-1, as in
// System.Text.Json).
func bindJSONTime(quoted []byte, v reflect.Value) error {
	if quoted[0] != '"' {
		return fmt.Errorf("a %s is no time", strings.ToLower(tokenType(quoted[0])))
	}
	text := unquote(quoted)
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04Z07:00", "2006-01-02T15:04", time.DateOnly} {
		when, err := time.Parse(layout, text)
		if err == nil {
			v.Set(reflect.ValueOf(when))
			return nil
		}
	}
	return fmt.Errorf("%q is no time as of RFC 3339", text)
}
