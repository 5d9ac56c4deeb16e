package protocol

import (
	"fmt"
	"reflect"
)

// Values say how Go values become those of messages, and back, where an
// application wants it otherwise than JSON and MessagePack say. The zero value is
// what those return.
type Values struct {
	// Naming names the fields of structs that have no tag, in both protocols. It
	// must not depend on anything but the field's name. Nil means camelCase in JSON
	// and names as declared in MessagePack. See AsDeclared and CamelCase.
	Naming func(field string) string
	// RefuseUnknown refuses objects with names that a struct does not have. False
	// skips those.
	RefuseUnknown bool
	// Converters are for types that are to cross connections as others. Of two for
	// one type the last counts.
	Converters []Converter
}

// AsDeclared is the Naming that leaves names alone.
func AsDeclared(field string) string { return field }

// CamelCase is the Naming of .NET's JSON: capitals at the start of the name become
// small, but for the last one if a small letter follows it.
func CamelCase(field string) string { return camelCase(field) }

// JSON returns the hub protocol "json" with values as v says.
func (v Values) JSON() Protocol {
	naming := &naming{tags: jsonFields.tags, rename: jsonFields.rename}
	if v.Naming != nil {
		naming.rename = v.Naming
	}
	return jsonProtocol{v.shape(naming, func(c Converter) *surrogate { return c.json })}
}

// MessagePack returns the hub protocol "messagepack" with values as v says.
func (v Values) MessagePack() Protocol {
	naming := &naming{tags: messagePackFields.tags, rename: v.Naming}
	return messagePack{v.shape(naming, func(c Converter) *surrogate { return c.messagePack })}
}

// A shape is what Values say for one protocol. It may be used concurrently.
type shape struct {
	fields        *naming
	refuseUnknown bool
	surrogates    map[reflect.Type]*surrogate // nil: there are none
}

func (v Values) shape(fields *naming, pick func(Converter) *surrogate) *shape {
	s := &shape{fields: fields, refuseUnknown: v.RefuseUnknown}
	for _, c := range v.Converters {
		if of := pick(c); of != nil {
			if s.surrogates == nil {
				s.surrogates = make(map[reflect.Type]*surrogate)
			}
			s.surrogates[c.typ] = of
		}
	}
	return s
}

// surrogate returns what values of t cross as, or nil: as themselves.
func (s *shape) surrogate(t reflect.Type) *surrogate {
	if s.surrogates == nil {
		return nil
	}
	return s.surrogates[t]
}

// behind returns what v points to if that is converted, so that it does not matter
// what the pointer says of itself.
func (s *shape) behind(v reflect.Value) reflect.Value {
	if s.surrogates != nil && v.Kind() == reflect.Pointer && !v.IsNil() && s.surrogates[v.Type().Elem()] != nil {
		return v.Elem()
	}
	return v
}

// A Converter lets values of one Go type cross connections as values of another,
// wherever they are but in the keys of maps. Convert makes one.
type Converter struct {
	typ               reflect.Type
	json, messagePack *surrogate // nil: nothing special
}

// Type is the type that is converted.
func (c Converter) Type() reflect.Type { return c.typ }

// A surrogate is what values of some type cross as.
type surrogate struct {
	typ   reflect.Type
	write func(v reflect.Value) (reflect.Value, error)
	read  func(v reflect.Value) (reflect.Value, error)
}

// Convert lets a T cross as a W, in both protocols. W is not converted itself. An
// error of write is one of the send, an error of read says that the value does not
// fit. Both may be called concurrently.
func Convert[T, W any](write func(T) (W, error), read func(W) (T, error)) Converter {
	c := ConvertJSON(write, read)
	c.messagePack = c.json
	return c
}

// ConvertJSON is Convert for JSON only.
func ConvertJSON[T, W any](write func(T) (W, error), read func(W) (T, error)) Converter {
	return Converter{typ: reflect.TypeFor[T](), json: &surrogate{
		typ:   reflect.TypeFor[W](),
		write: func(v reflect.Value) (reflect.Value, error) { return converted(v, write) },
		read:  func(v reflect.Value) (reflect.Value, error) { return converted(v, read) },
	}}
}

// ConvertMessagePack is Convert for MessagePack only.
func ConvertMessagePack[T, W any](write func(T) (W, error), read func(W) (T, error)) Converter {
	c := ConvertJSON(write, read)
	c.json, c.messagePack = nil, c.json
	return c
}

func converted[A, B any](v reflect.Value, convert func(A) (B, error)) (reflect.Value, error) {
	a, _ := v.Interface().(A) // an A that is a nil interface is none
	b, err := convert(a)
	if err != nil {
		return reflect.Value{}, fmt.Errorf("convert %v: %w", reflect.TypeFor[A](), err)
	}
	return reflect.ValueOf(&b).Elem(), nil
}
