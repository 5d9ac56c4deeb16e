package protocol

import (
	"bytes"
	"encoding/json"
	"strconv"
)

// A property is one that some message, or the handshake, has.
type property int

const (
	propType property = iota
	propHeaders
	propInvocationID
	propTarget
	propArguments
	propStreamIDs
	propItem
	propError
	propResult
	propAllowReconnect
	propSequenceID
	propProtocol
	propVersion
	propCount
)

// String returns the name, which is matched exactly.
func (p property) String() string { return propertyNames[p] }

var propertyNames = [propCount]string{
	"type", "headers", "invocationId", "target", "arguments", "streamIds", "item",
	"error", "result", "allowReconnect", "sequenceId", "protocol", "version",
}

// properties holds the JSON text of each property that an object has, nil for
// those it has not. Of repeated ones the last counts, as in .NET.
type properties [propCount][]byte

// readProperties reads a JSON object. Properties unknown here are skipped.
func readProperties(body []byte) (*properties, error) {
	s, err := newScanner(body)
	if err != nil {
		return nil, err
	}
	if s.text[s.pos] != '{' {
		return nil, malformed("Unexpected JSON Token Type '%s'. Expected a JSON Object.", tokenType(s.text[s.pos]))
	}
	p := new(properties)
	for s.open(); s.more(); {
		name, value := s.member()
		if i, known := lookUp(name); known {
			p[i] = value
		}
	}
	return p, nil
}

// lookUp finds the property with a quoted name.
func lookUp(quoted []byte) (property, bool) {
	name := unquoted(quoted)
	for i, known := range propertyNames {
		if string(name) == known {
			return property(i), true
		}
	}
	return 0, false
}

// unquote returns what a valid JSON string says.
func unquote(quoted []byte) string {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return string(quoted[1 : len(quoted)-1])
	}
	var s string
	if err := json.Unmarshal(quoted, &s); err != nil {
		panic("protocol: invalid JSON string passed the check: " + err.Error())
	}
	return s
}

// tokenType names the kind of JSON value that starts with c.
func tokenType(c byte) string {
	switch c {
	case '{':
		return "Object"
	case '[':
		return "Array"
	case '"':
		return "String"
	case 't':
		return "True"
	case 'f':
		return "False"
	case 'n':
		return "Null"
	}
	return "Number"
}

// has tells whether the object has the property, be it null.
func (p *properties) has(i property) bool { return p[i] != nil }

// demand is an error unless the property is a value of type want.
func (p *properties) demand(i property, want string) error {
	if !p.has(i) {
		return malformed("Missing required property '%v'.", i)
	}
	if tokenType(p[i][0]) != want {
		return malformed("Expected '%v' to be of type %s.", i, want)
	}
	return nil
}

// text returns a string that need not be there; null is none.
func (p *properties) text(i property) (s string, present bool, err error) {
	if !p.has(i) || p[i][0] == 'n' {
		return "", false, nil
	}
	if err := p.demand(i, "String"); err != nil {
		return "", false, err
	}
	return unquote(p[i]), true, nil
}

// required returns a string that must be there and not be empty.
func (p *properties) required(i property) (string, error) {
	s, _, err := p.text(i)
	if err == nil && s == "" {
		err = malformed("Missing required property '%v'.", i)
	}
	return s, err
}

// integer returns an integer of so many bits that must be there.
func (p *properties) integer(i property, bits int) (int64, error) {
	if err := p.demand(i, "Number"); err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(string(p[i]), 10, bits)
	if err != nil {
		return 0, unreadable(err)
	}
	return n, nil
}

// flag returns a bool that need not be there.
func (p *properties) flag(i property) (bool, error) {
	if !p.has(i) {
		return false, nil
	}
	if c := p[i][0]; c != 't' && c != 'f' {
		return false, malformed("Expected '%v' to be true or false.", i)
	}
	return p[i][0] == 't', nil
}
