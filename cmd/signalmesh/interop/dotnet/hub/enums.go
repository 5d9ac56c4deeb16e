package main

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/signalmesh/signalmesh/signalr/protocol"
)

// A Color is an enum that is a text in both protocols. Numbers are read too.
type Color int

var colors = []string{"Red", "Green", "Blue"}

// String returns the name, or the number of a color without one.
func (c Color) String() string { return nameOf(colors, int(c)) }

// MarshalText returns the name.
func (c Color) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads a name or a number.
func (c *Color) UnmarshalText(text []byte) error {
	n, err := numberOf(colors, string(text))
	*c = Color(n)
	return err
}

// A Day is an enum that is a number in JSON and a text in MessagePack, as enums of .NET
// are by default.
type Day int

var days = []string{"Monday", "Tuesday"}

// dayInJSON makes a Day a number in JSON.
var dayInJSON = protocol.ConvertJSON(
	func(d Day) (int, error) { return int(d), nil },
	func(n int) (Day, error) { return Day(n), nil },
)

// MarshalText returns the name.
func (d Day) MarshalText() ([]byte, error) { return []byte(nameOf(days, int(d))), nil }

// UnmarshalText reads a name or a number.
func (d *Day) UnmarshalText(text []byte) error {
	n, err := numberOf(days, string(text))
	*d = Day(n)
	return err
}

// nameOf returns the name of n, or the digits of n if it has none.
func nameOf(names []string, n int) string {
	if n < 0 || n >= len(names) {
		return strconv.Itoa(n)
	}
	return names[n]
}

// numberOf returns the number of a name, or the number that the text is.
func numberOf(names []string, text string) (int, error) {
	if i := slices.Index(names, text); i >= 0 {
		return i, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, fmt.Errorf("%q is neither one of %v nor a number", text, names)
	}
	return n, nil
}
