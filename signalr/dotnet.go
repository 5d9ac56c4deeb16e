package signalr

import (
	"reflect"
	"time"
)

// dotNetNames are .NET's names for types that Go names otherwise, by kind. An int
// is C#'s int: what is told in these names is read by people.
var dotNetNames = map[reflect.Kind]string{
	reflect.Bool: "Boolean", reflect.String: "String", reflect.Float32: "Single", reflect.Float64: "Double",
	reflect.Int: "Int32", reflect.Int8: "SByte", reflect.Int16: "Int16", reflect.Int32: "Int32", reflect.Int64: "Int64",
	reflect.Uint: "UInt32", reflect.Uint8: "Byte", reflect.Uint16: "UInt16", reflect.Uint32: "UInt32", reflect.Uint64: "UInt64",
}

// dotNetName returns what .NET would call t. A type with a name of its own keeps
// that, without its package.
func dotNetName(t reflect.Type) string {
	switch t {
	case reflect.TypeFor[time.Time]():
		return "DateTime"
	case reflect.TypeFor[time.Duration]():
		return "TimeSpan"
	}
	name := dotNetNames[t.Kind()]
	switch {
	case t.PkgPath() != "":
		return t.Name()
	case name != "":
		return name
	case t.Kind() == reflect.Slice, t.Kind() == reflect.Array:
		return dotNetName(t.Elem()) + "[]"
	case t.Kind() == reflect.Map:
		return "Dictionary`2"
	case t.Kind() == reflect.Pointer:
		return dotNetName(t.Elem())
	}
	return "Object"
}
