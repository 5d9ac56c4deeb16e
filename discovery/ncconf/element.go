package ncconf

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/signalmesh/signalmesh/discovery/diag"
)

// An element is one XML element with its place. Names are kept as written and,
// for look-up, in lower case: NCache's manager ignores their case, and so do we.
type element struct {
	name, key string
	at        diag.Origin // without column: an element is found by its line
	path      string
	attrs     []*attribute
	children  []*element
	text      diag.Origin // where the first stray text stands, if any does
	servers   int         // how many children are <server>
}

// An attribute is one attribute with its place and its value as decoded.
type attribute struct {
	name, key, value string
	at               diag.Origin
	glued            bool // no blank between it and the value before it
	secret           bool // its value must not be told
}

// attr returns the first attribute of that lower-case name, or nil.
func (e *element) attr(key string) *attribute {
	i := slices.IndexFunc(e.attrs, func(a *attribute) bool { return a.key == key })
	if i < 0 {
		return nil
	}
	return e.attrs[i]
}

// all returns the children of that lower-case name.
func (e *element) all(key string) []*element {
	var out []*element
	for _, c := range e.children {
		if c.key == key {
			out = append(out, c)
		}
	}
	return out
}

// same says that two elements mean the same: equal attributes in any order and
// equal children in the same order.
func (e *element) same(f *element) bool {
	if e.key != f.key || len(e.attrs) != len(f.attrs) {
		return false
	}
	for _, a := range e.attrs {
		if b := f.attr(a.key); b == nil || b.value != a.value {
			return false
		}
	}
	return slices.EqualFunc(e.children, f.children, (*element).same)
}

// shorten keeps what is quoted from the file readable in a log line.
func shorten(s string) string {
	const limit = 64
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + "…"
}

// quote is s as it goes into a message.
func quote(s string) string { return strconv.Quote(shorten(s)) }

// secret says that the value of an attribute must not be told: it is or may be a
// part of credentials.
func secret(e *element, key string) bool {
	switch e.key {
	case "security", "primary", "secondary":
		return true
	}
	return strings.Contains(key, "passw")
}

// shown is the attribute as it goes into a message, secrets hidden.
func (a *attribute) shown() string {
	if a.secret {
		return shorten(a.name) + `="…"`
	}
	return fmt.Sprintf("%s=%s", shorten(a.name), quote(a.value))
}
