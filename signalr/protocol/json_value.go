package protocol

import (
	"errors"
	"math"
	"reflect"
	"strconv"
	"unicode/utf8"
)

// appendJSONValue appends the JSON of an application's value. The common simple
// ones need neither reflection nor memory.
func (s *shape) appendJSONValue(dst []byte, v any) ([]byte, error) {
	if s.surrogates != nil {
		return s.appendJSONReflect(dst, reflect.ValueOf(v), 0)
	}
	switch v := v.(type) {
	case nil:
		return append(dst, "null"...), nil
	case Raw:
		return appendJSONRaw(dst, v), nil
	case string:
		return appendJSONString(dst, v), nil
	case bool:
		return strconv.AppendBool(dst, v), nil
	case int:
		return strconv.AppendInt(dst, int64(v), 10), nil
	case int64:
		return strconv.AppendInt(dst, v, 10), nil
	case float64:
		return appendJSONFloat(dst, v, 64)
	}
	return s.appendJSONReflect(dst, reflect.ValueOf(v), 0)
}

func appendJSONRaw(dst []byte, v Raw) []byte {
	if len(v) == 0 {
		return append(dst, "null"...)
	}
	return append(dst, v...)
}

// appendJSONFloat writes the shortest number that reads back as f, with an
// exponent only where it is much shorter (as ECMAScript does).
func appendJSONFloat(dst []byte, f float64, bits int) ([]byte, error) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return dst, errors.New("JSON has no number for " + strconv.FormatFloat(f, 'g', -1, bits))
	}
	format := byte('f')
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	return strconv.AppendFloat(dst, f, format, -1, bits), nil
}

const hexDigits = "0123456789abcdef"

// appendJSONString appends s quoted. Only what JSON demands is escaped, and the
// line separators U+2028 and U+2029, which end a line in older JavaScript.
// Bytes that are not UTF-8 become U+FFFD.
func appendJSONString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0 // of what is still to be copied
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		r, size := rune(c), 1
		if c >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(s[i:])
			if r != '\u2028' && r != '\u2029' && (r != utf8.RuneError || size > 1) {
				i += size
				continue
			}
		}
		dst = appendJSONEscape(append(dst, s[start:i]...), r)
		i += size
		start = i
	}
	return append(append(dst, s[start:]...), '"')
}

func appendJSONEscape(dst []byte, r rune) []byte {
	switch r {
	case '"', '\\':
		return append(dst, '\\', byte(r))
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	case utf8.RuneError:
		return utf8.AppendRune(dst, r)
	}
	return append(dst, '\\', 'u', hexDigits[r>>12&15], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
}
