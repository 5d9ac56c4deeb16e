package ncconf

import (
	"fmt"

	"github.com/signalmesh/signalmesh/discovery/diag"
)

// A Setting is a value in effect and where it came from.
type Setting[T any] struct {
	Value T
	// Origin is the place in the file; its zero value means the built-in default.
	Origin diag.Origin
}

// byDefault is a setting that nobody made.
func byDefault[T any](v T) Setting[T] { return Setting[T]{Value: v} }

// A Row is one setting as it is shown to an operator.
type Row struct {
	Name   string // as in the file
	Value  string // in Go's notation; durations as time.Duration prints them
	Origin diag.Origin
}

func row[T any](name string, s Setting[T]) Row {
	return Row{Name: name, Value: fmt.Sprint(s.Value), Origin: s.Origin}
}
