package signalr

import (
	"errors"
	"fmt"
)

var (
	// ErrServerClosed says that the Server has been closed or is shutting down.
	ErrServerClosed = errors.New("signalr: server closed")
	// ErrSlow is why a connection was closed that did not read what it was sent:
	// more than Limits.OutboxSize bytes waited for it.
	ErrSlow = errors.New("signalr: connection too slow: its outbox is full")
	// ErrNoConnection says that no server has the connection named.
	ErrNoConnection = errors.New("signalr: connection does not exist")
	// ErrTooLarge says that a message is larger than Options.MaxSendSize, or excludes too
	// many connections. It was not delivered to any client.
	ErrTooLarge = errors.New("signalr: message too large")
	// ErrLocalOnly means that the clients of this server received a message and that the
	// backplane did not accept it for all other servers. The error also wraps the reason.
	// Sending the message again sends it twice to the clients of this server.
	ErrLocalOnly = errors.New("signalr: only the clients of this server got it")
	// ErrNoHub says that there is no hub at a path, or of a name.
	ErrNoHub = errors.New("signalr: no such hub")
	// ErrLimit says that a limit of Limits or Options has been reached. The text names it.
	ErrLimit = errors.New("signalr: limit reached")
	// ErrSendOnly says that a Publisher only sends.
	ErrSendOnly = errors.New("signalr: a Publisher only sends; do this on a server that has the hub")
	// ErrDisconnected says that a connection ended before it answered.
	ErrDisconnected = errors.New("signalr: connection ended before it answered")
)

// A HubError is an error whose text may be shown to the client. Any other error
// a hub method returns reaches the client only as a general failure, unless
// Limits.DetailedErrors is set. It is also what Invoke returns if a client fails:
// then Message is the client's text.
type HubError struct {
	Message string // for the client
	Err     error  // cause, for the log; may be nil
}

// Error returns Message and the text of Err. It leaves Err out if Err wraps too many
// errors, such as e itself. It may be called on a nil HubError.
func (e *HubError) Error() string {
	switch {
	case e == nil:
		return "signalr: nil *HubError; return nil, and declare results of type error"
	case e.Err == nil:
		return e.Message
	}
	if _, endless := chainOf(e.Err); endless != nil {
		return e.Message
	}
	return e.Message + ": " + e.Err.Error()
}

// Unwrap returns Err.
func (e *HubError) Unwrap() error {
	if e == nil {
		return nil
	}
	return e.Err
}

// noConnection is an ErrNoConnection in .NET's words.
type noConnection struct{ id string }

func (e *noConnection) Error() string        { return fmt.Sprintf("Connection '%s' does not exist.", e.id) }
func (e *noConnection) Is(target error) bool { return target == ErrNoConnection }
func (e *noConnection) ErrorName() string    { return "IOException" }

// A toldError is an error whose text may be shown to clients, as that of a
// HubError, and which has a cause that its text does not mention.
type toldError struct {
	text string
	err  error
}

func (e *toldError) Error() string   { return e.text }
func (e *toldError) Unwrap() []error { return []error{&HubError{Message: e.text}, e.err} }

// A namedError is an error that .NET clients know by the name of its type.
type namedError struct {
	name, message string
	err           error // cause; may be nil
}

func (e *namedError) Error() string     { return e.message }
func (e *namedError) Unwrap() error     { return e.err }
func (e *namedError) ErrorName() string { return e.name }

// invalidData returns an error of the kind .NET uses for input that makes no sense.
func invalidData(message string, cause error) error {
	return &namedError{name: "InvalidDataException", message: message, err: cause}
}

// describe returns what a client is told of err: base, and, if that is allowed,
// the kind and text of err. It never panics, whatever err is. See section "Catalogue
// of texts" of the reference. An application names its own errors with a method
// ErrorName() string.
func describe(base string, err error, detailed bool) string {
	e := readError(err)
	switch {
	case e.hub != nil:
		return base + " HubException: " + e.hub.Message
	case !detailed:
		return base
	}
	return base + " " + e.name + ": " + e.text
}
