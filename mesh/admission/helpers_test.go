package admission_test

import (
	"bytes"
	"io"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/signalmesh/signalmesh/mesh/admission"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// between is the connection of the tests.
var between = admission.Channel{Initiator: "peer A", Responder: "peer B"}

// Deriving keys takes long under the race detector, so the tests share some.
var derived sync.Map

func verifier(t testing.TB, user, password string) admission.Verifier {
	if v, ok := derived.Load(user + "\x00" + password); ok {
		return v.(admission.Verifier)
	}
	v, err := admission.NewVerifier("demo", user, password)
	require.NoError(t, err)
	derived.Store(user+"\x00"+password, v)
	return v
}

var gates sync.Map

// gate is that of cache "demo" with these credentials, which accepts them alone.
func gate(t testing.TB, user, password string) *admission.Gate {
	if g, ok := gates.Load(user + "\x00" + password); ok {
		return g.(*admission.Gate)
	}
	g := open(t, admission.Options{UserID: user, Password: password})
	gates.Store(user+"\x00"+password, g)
	return g
}

// open makes a gate, of cache "demo" unless o says otherwise.
func open(t testing.TB, o admission.Options) *admission.Gate {
	if o.Cache == "" {
		o.Cache = "demo"
	}
	g, err := admission.New(o)
	require.NoError(t, err)
	return g
}

// A stream is one direction of a connection with room for everything, and keeps what
// was written.
type stream struct {
	mu     sync.Mutex
	more   *sync.Cond
	all    bytes.Buffer
	read   int
	closed bool
}

func newStream() *stream {
	s := &stream{}
	s.more = sync.NewCond(&s.mu)
	return s
}

func (s *stream) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return 0, io.ErrClosedPipe
	}
	s.more.Broadcast()
	return s.all.Write(b)
}

func (s *stream) Read(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.read == s.all.Len() && !s.closed {
		s.more.Wait()
	}
	n := copy(b, s.all.Bytes()[s.read:])
	if s.read += n; n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

func (s *stream) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.more.Broadcast()
}

// An end is one end of a connection.
type end struct {
	io.Reader
	io.Writer
}

// A wire is a connection.
type wire struct {
	there, back *stream // from the initiator, and to it
}

func newWire() *wire { return &wire{newStream(), newStream()} }

func (w *wire) initiator() end { return end{w.back, w.there} }
func (w *wire) responder() end { return end{w.there, w.back} }

// An outcome is what the two sides of an exchange came to.
type outcome struct {
	initiator, responder       admission.Admitted // whom each admitted
	initiatorErr, responderErr error
	wire                       *wire
}

// meet runs an exchange of a with b over channel as each sees it.
func meet(a, b *admission.Gate, seenByA, seenByB admission.Channel) outcome {
	o := outcome{wire: newWire()}
	var sides sync.WaitGroup
	sides.Go(func() {
		o.initiator, o.initiatorErr = a.Initiate(o.wire.initiator(), seenByA)
		o.wire.there.close()
	})
	sides.Go(func() {
		o.responder, o.responderErr = b.Respond(o.wire.responder(), seenByB, nil)
		o.wire.back.close()
	})
	sides.Wait()
	return o
}
