package protocol

// usualSize is the length in bytes that few framed messages exceed.
const usualSize = 96

// begin returns dst, but with room for a message at once if it is nil, so that it
// need not grow in steps.
func begin(dst []byte) []byte {
	if dst == nil {
		return make([]byte, 0, usualSize)
	}
	return dst
}

// A Message is one hub protocol message: Invocation, StreamItem, Completion,
// CancelInvocation, Ping, Close, Ack or Sequence.
type Message interface{ message() }

// Raw is a value in the encoding of the protocol that read it, not yet decoded.
// Protocol.Bind decodes it; Protocol.Append writes it as it is.
type Raw []byte

// An Invocation asks the other side to run a method. Without InvocationID it is
// fire and forget and must never be answered.
type Invocation struct {
	Headers      map[string]string
	InvocationID string
	Target       string
	// Arguments are Go values, or Raw. What Parse returns holds Raw only.
	Arguments []any
	StreamIDs []string
	// Stream makes it a StreamInvocation (type 4 instead of 1).
	Stream bool
}

// A StreamItem carries one element of the stream InvocationID.
type StreamItem struct {
	Headers      map[string]string
	InvocationID string
	Item         any
}

// A Completion ends the invocation or stream InvocationID: with Error if
// Failed, else with Result if HasResult (nil is a result), else with neither.
type Completion struct {
	Headers      map[string]string
	InvocationID string
	Failed       bool
	Error        string
	HasResult    bool
	Result       any
}

// A CancelInvocation asks the other side to end the stream InvocationID.
type CancelInvocation struct {
	Headers      map[string]string
	InvocationID string
}

// A Ping keeps a connection alive.
type Ping struct{}

// A Close ends a connection. An empty Error means none.
type Close struct {
	Error          string
	AllowReconnect bool
}

// An Ack says that every tracked message up to SequenceID has been processed.
type Ack struct{ SequenceID int64 }

// A Sequence says which number the next tracked message has.
type Sequence struct{ SequenceID int64 }

func (Invocation) message()       {}
func (StreamItem) message()       {}
func (Completion) message()       {}
func (CancelInvocation) message() {}
func (Ping) message()             {}
func (Close) message()            {}
func (Ack) message()              {}
func (Sequence) message()         {}
