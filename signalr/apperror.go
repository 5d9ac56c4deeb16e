package signalr

import (
	"context"
	"fmt"
	"reflect"
)

// maxChain is how many errors of a tree of wrapped errors are looked at. A tree
// with more, such as one that contains itself, is not searched any further.
const maxChain = 1000

// An appError is an error of the application, read once. An application's error can
// panic in each of its methods, and a chain of them can be endless, so the rest of
// the package only uses what was read.
type appError struct {
	err      error     // as the application returned it
	text     string    // of Error
	hub      *HubError // the first in the chain that is not nil; nil: none
	name     string    // for clients with DetailedErrors
	canceled bool      // it wraps context.Canceled
	panicked bool      // it was made of a panic, which is logged already
	sound    bool      // err can be searched with errors.Is and errors.AsType
}

func (e *appError) Error() string { return e.text }

// Unwrap returns the application's error, or nil if it cannot be searched.
func (e *appError) Unwrap() error {
	if !e.sound {
		return nil
	}
	return e.err
}

// readError returns err as an appError. It never panics. For nil it returns nil.
func readError(err error) *appError {
	if err == nil {
		return nil
	}
	if read, ok := err.(*appError); ok {
		return read
	}
	e := &appError{err: err, name: "Exception"}
	if v := reflect.ValueOf(err); v.Kind() == reflect.Pointer && v.IsNil() {
		e.text = fmt.Sprintf("a nil %T was returned as an error; return nil, and declare results of type error", err)
		return e
	}
	chain, endless := chainOf(err)
	if endless != nil {
		e.text = fmt.Sprintf("%T: %v", err, endless)
		return e
	}
	e.sound = true
	e.text = textOf(err)
	e.read(chain)
	return e
}

// read sets the fields that clients may see from the chain of the error.
func (e *appError) read(chain []error) {
	named := false
	for _, link := range chain {
		if hub, ok := link.(*HubError); ok && hub != nil && e.hub == nil {
			e.hub = hub
		}
		if n, ok := link.(interface{ ErrorName() string }); ok && !named {
			named = true
			e.name = nameOf(n)
		}
		e.canceled = e.canceled || link == context.Canceled
		if link == context.Canceled || link == context.DeadlineExceeded {
			if !named {
				e.name = "OperationCanceledException"
			}
		}
	}
}

// chainOf lists err and all that it wraps, in the order in which errors.Is looks at
// them. The error says why there is no end to it, or that Unwrap panicked.
func chainOf(err error) (chain []error, failure error) {
	failure = attempt("Unwrap", func() error {
		var walk func(err error) error
		walk = func(err error) error {
			if err == nil {
				return nil
			}
			if chain = append(chain, err); len(chain) > maxChain {
				return fmt.Errorf("it wraps more than %d errors, perhaps itself", maxChain)
			}
			switch err := err.(type) {
			case interface{ Unwrap() error }:
				return walk(err.Unwrap())
			case interface{ Unwrap() []error }:
				for _, inner := range err.Unwrap() {
					if err := walk(inner); err != nil {
						return err
					}
				}
			}
			return nil
		}
		return walk(err)
	})
	return chain, failure
}

// textOf returns err.Error(), or what went wrong in it.
func textOf(err error) (text string) {
	failure := attempt("Error", func() error {
		text = err.Error()
		return nil
	})
	if failure != nil {
		return fmt.Sprintf("%T: %v", err, failure)
	}
	return text
}

// nameOf returns n.ErrorName(), or "Exception" if that panics.
func nameOf(n interface{ ErrorName() string }) (name string) {
	if attempt("ErrorName", func() error { name = n.ErrorName(); return nil }) != nil {
		return "Exception"
	}
	return name
}

// wraps reports whether target is in the chain of err. Unlike errors.Is it calls no
// method Is, and ends and does not panic whatever err is.
func wraps(err, target error) bool {
	if e, ok := err.(*appError); ok {
		err = e.err
	}
	chain, _ := chainOf(err)
	for _, link := range chain {
		if link == target {
			return true
		}
	}
	return false
}

// attempt runs a piece of the application and makes an error of its panic.
func attempt(what string, run func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%s panicked: %s", what, panicText(p))
		}
	}()
	return run()
}

// panicText describes the value of a panic. It does not format what could be
// endless, such as a map that contains itself.
func panicText(p any) (text string) {
	defer func() {
		if recover() != nil {
			text = fmt.Sprintf("%T", p)
		}
	}()
	switch p := p.(type) {
	case error:
		if _, endless := chainOf(p); endless != nil {
			return fmt.Sprintf("%T", p)
		}
		return p.Error()
	case fmt.Stringer:
		return p.String()
	}
	switch reflect.ValueOf(p).Kind() {
	case reflect.Map, reflect.Slice, reflect.Array, reflect.Struct, reflect.Pointer, reflect.Interface:
		return fmt.Sprintf("%T", p)
	}
	return fmt.Sprint(p)
}
