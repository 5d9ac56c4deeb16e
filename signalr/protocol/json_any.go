package protocol

import (
	"encoding/json"
	"math"
	"reflect"
	"strconv"
	"strings"
)

// bindJSONAny decodes the next value into an interface without methods.
func bindJSONAny(from *scanner, v reflect.Value) {
	if value := readJSONAny(from); value == nil {
		v.SetZero()
	} else {
		v.Set(reflect.ValueOf(value))
	}
}

// readJSONAny returns the next value as encoding/json does, except numbers: see
// jsonNumberOf.
func readJSONAny(from *scanner) any {
	switch c := from.text[from.pos]; c {
	case '{':
		object := make(map[string]any)
		for from.open(); from.more(); {
			name := unquote(from.name())
			object[name] = readJSONAny(from)
		}
		from.space()
		return object
	case '[':
		list := []any{}
		for from.open(); from.more(); {
			list = append(list, readJSONAny(from))
		}
		from.space()
		return list
	case '"':
		return unquote(from.value())
	case 't', 'f':
		return from.value()[0] == 't'
	case 'n':
		from.value()
		return nil
	}
	return jsonNumberOf(string(from.value()))
}

// jsonNumberOf returns a number as a float64 if that has its value: if the number is
// written again from it, it is the same. Otherwise it returns an int64 or a uint64 if
// one has it, and else a json.Number.
func jsonNumberOf(text string) any {
	f, err := strconv.ParseFloat(text, 64)
	if err == nil && sameDecimal(text, strconv.FormatFloat(f, 'e', -1, 64)) {
		return f
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n
	}
	if n, err := strconv.ParseUint(text, 10, 64); err == nil {
		return n
	}
	return json.Number(text)
}

// sameDecimal reports whether two numbers in JSON have one value.
func sameDecimal(a, b string) bool {
	digitsA, exponentA := decimal(a)
	digitsB, exponentB := decimal(b)
	return digitsA == digitsB && (exponentA == exponentB || digitsA == "" || digitsA == "-")
}

// decimal returns the digits of a number, with its sign and without zeros at either
// end, and the power of ten of the last of them.
func decimal(text string) (digits string, exponent int) {
	mantissa, power, _ := strings.Cut(strings.ToLower(text), "e")
	exponent, err := strconv.Atoi(power)
	if err != nil && power != "" {
		exponent = math.MaxInt32 // out of range: equal to nothing that a float64 has
	}
	mantissa, negative := strings.CutPrefix(mantissa, "-")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	exponent -= len(fraction)
	digits = strings.TrimLeft(whole+fraction, "0")
	trimmed := strings.TrimRight(digits, "0")
	exponent += len(digits) - len(trimmed)
	if negative {
		trimmed = "-" + trimmed
	}
	return trimmed, exponent
}
