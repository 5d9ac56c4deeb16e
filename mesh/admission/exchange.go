package admission

import (
	"fmt"
	"io"
)

// A Channel names the two ends of a secured connection: their peer IDs, which the
// connection has proven.
type Channel struct{ Initiator, Responder string }

// Initiate runs the exchange as the one that opened the connection. Unless the error
// is that of rw it is a *Refusal or ErrProtocol.
func (g *Gate) Initiate(rw io.ReadWriter, c Channel) (Admitted, error) {
	x := &exchange{gate: g, rw: rw, channel: c}
	x.put(hello{version: Version, anonymous: g.anonymous, cache: g.cache}.message())
	if g.anonymous {
		return Admitted{}, x.awaitWelcome()
	}
	if err := x.prove(initiator); err != nil {
		return Admitted{}, err
	}
	return x.check(responder)
}

// Respond runs the exchange as the one that was connected to. begin, unless it is nil,
// is called when the first message of the initiator has arrived; a refusal that it
// returns is sent to the initiator and returned. The errors are those of Initiate.
func (g *Gate) Respond(rw io.ReadWriter, c Channel, begin func() *Refusal) (Admitted, error) {
	x := &exchange{gate: g, rw: rw, channel: c}
	if err := x.greet(); err != nil {
		return Admitted{}, err
	}
	if begin != nil {
		if r := begin(); r != nil {
			return Admitted{}, x.refuse(r)
		}
	}
	if g.anonymous {
		x.put(message{kindWelcome, nil})
		return Admitted{}, x.flush()
	}
	who, err := x.check(initiator)
	if err != nil {
		return Admitted{}, err
	}
	return who, x.prove(responder)
}

// Refuse sends r to the initiator, in any state of the exchange, and returns r.
func (g *Gate) Refuse(rw io.ReadWriter, r *Refusal) error {
	x := &exchange{gate: g, rw: rw}
	return x.refuse(r)
}

// A side of the connection.
type side string

const (
	initiator side = "initiator"
	responder side = "responder"
)

// An exchange is one run.
type exchange struct {
	gate    *Gate
	rw      io.ReadWriter
	channel Channel
	out     []byte // to be sent before the next read
}

// put queues a message, so that what follows each other leaves together.
func (x *exchange) put(m message) { x.out = appendMessage(x.out, m) }

func (x *exchange) flush() error {
	if len(x.out) == 0 {
		return nil
	}
	_, err := x.rw.Write(x.out)
	x.out = x.out[:0]
	return err
}

// take sends what is queued and waits for a message of a kind.
func (x *exchange) take(want kind) ([]byte, error) {
	if err := x.flush(); err != nil {
		return nil, err
	}
	m, err := readMessage(x.rw)
	switch {
	case err != nil:
		return nil, err
	case m.kind == want:
		return m.text, nil
	case m.kind == kindRefusal:
		r, err := x.gate.parseRefusal(m.text)
		if err != nil {
			return nil, err
		}
		return nil, r
	case m.kind == kindWelcome && want == kindScram:
		return nil, x.refuse(&Refusal{Reason: WrongCredentials, TheyHaveNone: true})
	}
	return nil, fmt.Errorf("%w: message of kind %d, expected %d", ErrProtocol, m.kind, want)
}

// refuse tells the peer and returns r.
func (x *exchange) refuse(r *Refusal) error {
	x.put(r.message())
	_ = x.flush() // r is the error that counts
	return r
}

func (x *exchange) awaitWelcome() error {
	_, err := x.take(kindWelcome)
	return err
}

// greet takes the hello of an initiator.
func (x *exchange) greet() error {
	text, err := x.take(kindHello)
	if err != nil {
		return err
	}
	h, err := parseHello(text)
	switch {
	case err != nil:
		return err
	case h.version != Version:
		return x.refuse(&Refusal{Reason: WrongVersion, Theirs: fmt.Sprint(h.version), Ours: fmt.Sprint(Version)})
	case h.cache != x.gate.cache:
		return x.refuse(&Refusal{Reason: WrongCache, Theirs: h.cache, Ours: x.gate.cache})
	case h.anonymous != x.gate.anonymous:
		return x.refuse(&Refusal{Reason: WrongCredentials, TheyHaveNone: h.anonymous, WeHaveNone: x.gate.anonymous})
	}
	return nil
}
