package diag

import (
	"errors"
	"fmt"
)

// Severity says what a problem means for the program that reads the settings.
type Severity int

const (
	// Notice is harmless and worth one line at start-up.
	Notice Severity = iota
	// Warning means that something was ignored, replaced or clamped.
	Warning
	// Error means that the settings cannot be used: refuse to start, or keep the
	// old settings.
	Error
)

// String is "notice", "warning" or "error".
func (s Severity) String() string {
	switch s {
	case Notice:
		return "notice"
	case Warning:
		return "warning"
	case Error:
		return "error"
	}
	return fmt.Sprintf("severity(%d)", int(s))
}

// A Problem is one thing worth telling about a source of settings. Its texts
// never hold a password.
type Problem struct {
	Severity Severity
	At       Origin
	// Path names the element or key, such as `configuration/cache[demo]/server`.
	Path string
	// Attribute is the attribute's name as it is written, if one is meant.
	Attribute string
	// Message says what is wrong, what was expected and what happens instead.
	Message string
}

// Error is the place and the message on one line.
func (p Problem) Error() string { return p.At.String() + ": " + p.Message }

// Problems are the problems of one pass, in the order in which they were found.
type Problems []Problem

// Err joins the problems that are errors, or is nil if there are none.
func (ps Problems) Err() error {
	var errs []error
	for _, p := range ps {
		if p.Severity == Error {
			errs = append(errs, p)
		}
	}
	return errors.Join(errs...)
}

// Failed says that at least one problem is an error.
func (ps Problems) Failed() bool {
	for _, p := range ps {
		if p.Severity == Error {
			return true
		}
	}
	return false
}
