package protocol

import (
	"errors"
	"fmt"
	"reflect"
)

var (
	errNotUTF8 = errors.New("not UTF-8")
	errTooDeep = errors.New("objects, arrays or maps are nested too deep")
	errOver2GB = malformed("Messages over 2GB in size are not supported.")
)

// A TooLargeError says that a frame is longer than is allowed. Its text is
// what a .NET server says.
type TooLargeError struct {
	Limit int // bytes, framing included
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("The maximum message size of %dB was exceeded. The message size can be configured in AddHubOptions.", e.Limit)
}

// A FormatError says that bytes are not a message. Text is what a .NET server
// says, without the bytes themselves, and may be shown to a client.
type FormatError struct {
	Text string
	Err  error // cause, for the log; may be nil
}

func (e *FormatError) Error() string { return e.Text }

func (e *FormatError) Unwrap() error { return e.Err }

func malformed(format string, args ...any) error {
	return &FormatError{Text: fmt.Sprintf(format, args...)}
}

// A BindError says that a value is well-formed and does not fit Type.
type BindError struct {
	Type reflect.Type // what was wanted
	Err  error        // why it does not fit
}

func (e *BindError) Error() string {
	return fmt.Sprintf("value does not fit %v: %v", e.Type, e.Err)
}

func (e *BindError) Unwrap() error { return e.Err }

// bindError describes the failure to decode into what dst points to.
func bindError(dst any, err error) error {
	t := reflect.TypeOf(dst)
	if t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return &BindError{Type: t, Err: err}
}
