package signalr

// An Event0 to Event4 is a client's method by its name, with the types of its
// parameters, so that the compiler checks what is sent:
//
//	const ReceiveMessage signalr.Event2[string, string] = "ReceiveMessage"
//
//	ReceiveMessage.Send(clients.All(), user, text)
//
// It sends what Target.Send with that name sends. For more parameters, make one
// of a struct.
type (
	Event0                 string
	Event1[A any]          string
	Event2[A, B any]       string
	Event3[A, B, C any]    string
	Event4[A, B, C, D any] string
)

// Send sends the event to an audience. See Target.Send.
func (e Event0) Send(to Target) error { return to.Send(string(e)) }

// Send sends the event to an audience. See Target.Send.
func (e Event1[A]) Send(to Target, a A) error { return to.Send(string(e), a) }

// Send sends the event to an audience. See Target.Send.
func (e Event2[A, B]) Send(to Target, a A, b B) error { return to.Send(string(e), a, b) }

// Send sends the event to an audience. See Target.Send.
func (e Event3[A, B, C]) Send(to Target, a A, b B, c C) error { return to.Send(string(e), a, b, c) }

// Send sends the event to an audience. See Target.Send.
func (e Event4[A, B, C, D]) Send(to Target, a A, b B, c C, d D) error {
	return to.Send(string(e), a, b, c, d)
}
