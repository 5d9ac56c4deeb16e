package protocol

import (
	"encoding/json"
	"unicode/utf8"
)

// maxDepth is how deep objects, arrays and maps may be nested in a message, the
// message itself included. It is what .NET's JSON reader allows.
const maxDepth = 64

// A scanner cuts JSON text into its values. The text must be valid: whether it
// is was for encoding/json to say, see newScanner.
type scanner struct {
	text []byte
	pos  int
}

// newScanner returns a scanner of text, which it checks: it must be one JSON
// value (RFC 8259) in UTF-8, not nested deeper than maxDepth.
func newScanner(text []byte) (*scanner, error) {
	switch {
	case !utf8.Valid(text):
		return nil, unreadable(errNotUTF8)
	case !json.Valid(text):
		var v json.RawMessage
		return nil, unreadable(json.Unmarshal(text, &v)) // which says why
	case !shallow(text):
		return nil, unreadable(errTooDeep)
	}
	s := &scanner{text: text}
	s.space()
	return s, nil
}

// unreadable says that text is no JSON that is accepted, as .NET says it.
func unreadable(cause error) error {
	return &FormatError{Text: "Error reading JSON.", Err: cause}
}

// shallow tells whether valid JSON text is nested no deeper than maxDepth.
func shallow(text []byte) bool {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			i = stringEnd(text, i) - 1
		case '{', '[':
			if depth++; depth > maxDepth {
				return false
			}
		case '}', ']':
			depth--
		}
	}
	return true
}

// stringEnd returns the position after the string that starts at i.
func stringEnd(text []byte, i int) int {
	for i++; text[i] != '"'; i++ {
		if text[i] == '\\' {
			i++
		}
	}
	return i + 1
}

func (s *scanner) space() {
	for s.pos < len(s.text) {
		switch s.text[s.pos] {
		case ' ', '\t', '\r', '\n':
			s.pos++
		default:
			return
		}
	}
}

// open steps into an object or array.
func (s *scanner) open() {
	s.pos++
	s.space()
}

// more tells whether another element follows in the object or array, and stands
// before it then, else after the closing bracket.
func (s *scanner) more() bool {
	switch s.text[s.pos] {
	case '}', ']':
		s.pos++
		return false
	case ',':
		s.pos++
		s.space()
	}
	return true
}

// value returns the text of the next value and stands at what follows it.
func (s *scanner) value() []byte {
	start := s.pos
	switch s.text[start] {
	case '"':
		s.pos = stringEnd(s.text, start)
	case '{', '[':
		s.skipNested()
	default:
		s.skipLiteral()
	}
	v := s.text[start:s.pos:s.pos]
	s.space()
	return v
}

// member returns the next name, still quoted, and value of an object.
func (s *scanner) member() (name, value []byte) {
	name = s.name()
	return name, s.value()
}

// name returns the next name of an object, still quoted, and stands at its value.
func (s *scanner) name() []byte {
	name := s.value()
	s.pos++ // the colon
	s.space()
	return name
}

func (s *scanner) skipNested() {
	for depth := 0; ; {
		switch s.text[s.pos] {
		case '"':
			s.pos = stringEnd(s.text, s.pos)
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		s.pos++
		if depth == 0 {
			return
		}
	}
}

// skipLiteral skips a number, true, false or null.
func (s *scanner) skipLiteral() {
	for ; s.pos < len(s.text); s.pos++ {
		switch s.text[s.pos] {
		case ',', '}', ']', ' ', '\t', '\r', '\n':
			return
		}
	}
}
