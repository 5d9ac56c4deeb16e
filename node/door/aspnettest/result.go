package aspnettest

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"reflect"

	"github.com/signalmesh/signalmesh/signalr/protocol"
)

// An Exception is an error of .NET's.
type Exception struct {
	Type string // such as "HubException"
	Text string
}

func (e *Exception) Error() string { return e.Type + ": " + e.Text }

// pending is an invocation that waits for its client's answer.
type pending struct {
	connection string
	answer     func(protocol.Protocol, protocol.Completion) // once
	stop       func() bool                                  // ends the watch over the connection; nil: none
}

// An answer is one that came, not yet decoded.
type answer struct {
	protocol protocol.Protocol
	protocol.Completion
	err error // instead
}

// Invoke has a client, on any server, run a method, waits for its result and decodes
// it into what dst points to.
func (s *Server) Invoke(ctx context.Context, dst any, connection, method string, args ...string) error {
	var guid [16]byte
	rand.Read(guid[:]) // never fails
	id := base64.RawStdEncoding.EncodeToString(guid[:])
	answers := make(chan answer, 1)
	s.expect(id, &pending{connection: connection, answer: func(p protocol.Protocol, m protocol.Completion) { answers <- answer{p, m, nil} }})
	defer s.take(id, "")
	e, err := s.encode(id, method, args, nil)
	if err != nil {
		return err
	}
	if c := s.client(connection); c != nil {
		defer context.AfterFunc(c.aborted, func() {
			answers <- answer{err: &Exception{"IOException", "Connection '" + connection + "' disconnected."}}
		})()
		err = c.write(e.Frame(c.protocol.Name()))
	} else {
		err = s.ask(ctx, connection, id, e)
	}
	if err != nil {
		return err
	}
	select {
	case a := <-answers:
		return a.decode(dst)
	case <-ctx.Done():
		return &Exception{"HubException", "Invocation canceled by the server."}
	}
}

// ask publishes an invocation that wants a result.
func (s *Server) ask(ctx context.Context, connection, id string, e protocol.Envelope) error {
	e.InvocationID, e.ReturnChannel = id, protocol.ReturnChannel(s.o.Hub, s.name)
	n, err := s.publish(protocol.ConnectionChannel(s.o.Hub, connection), protocol.AppendEnvelope(nil, e))
	if err == nil && n < 1 {
		err = &Exception{"IOException", "Connection '" + connection + "' does not exist."}
	}
	return err
}

func (a answer) decode(dst any) error {
	switch {
	case a.err != nil:
		return a.err
	case a.Failed:
		return &Exception{"HubException", a.Error}
	}
	raw, ok := a.Result.(protocol.Raw)
	if !ok {
		return nil
	}
	err := a.protocol.Bind(raw, dst)
	if err == nil {
		return nil
	}
	if bind, ok := errors.AsType[*protocol.BindError](err); ok {
		err = bind.Err
	}
	name := map[reflect.Kind]string{reflect.Int: "Int32", reflect.String: "String"}[reflect.TypeOf(dst).Elem().Kind()]
	return &Exception{"HubException", fmt.Sprintf("Error trying to deserialize result to %s. %v", name, err)}
}

func (s *Server) expect(id string, p *pending) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pending[id] = p
}

// take ends the waiting for an answer, and returns who waited: nil if nobody does, or
// if not for that connection's; empty is any.
func (s *Server) take(id, connection string) *pending {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.pending[id]
	if p == nil || connection != "" && p.connection != connection {
		return nil
	}
	delete(s.pending, id)
	if p.stop != nil {
		p.stop()
	}
	return p
}

// relay makes ready for the answer to another server's question, which is not decoded
// here.
func (s *Server) relay(c *Client, e protocol.Envelope) {
	p := &pending{connection: c.ID, answer: func(p protocol.Protocol, m protocol.Completion) {
		frame, err := p.Append(nil, m)
		if err != nil {
			return
		}
		_, _ = s.publish(e.ReturnChannel, protocol.AppendReturn(nil, protocol.Encoding{Protocol: p.Name(), Frame: frame})) // .NET logs a failure
	}}
	s.expect(e.InvocationID, p)
	stop := context.AfterFunc(c.aborted, func() {
		if p := s.take(e.InvocationID, c.ID); p != nil && s.ctx.Err() == nil {
			p.answer(c.protocol, protocol.Completion{InvocationID: e.InvocationID, Failed: true, Error: "Connection disconnected."})
		}
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	p.stop = stop
}

// Reply answers an invocation with a result, as a client does.
func (c *Client) Reply(invocation string, result any) error {
	return c.complete(protocol.Completion{InvocationID: invocation, HasResult: true, Result: result})
}

// Refuse answers with an error.
func (c *Client) Refuse(invocation, text string) error {
	return c.complete(protocol.Completion{InvocationID: invocation, Failed: true, Error: text})
}

// complete is what the server does with an answer: it is encoded and parsed again, so
// that the result stays as it was sent.
func (c *Client) complete(m protocol.Completion) error {
	frame, err := c.protocol.Append(nil, m)
	if err != nil {
		return err
	}
	if m, err = completionIn(c.protocol, frame); err != nil {
		return err
	}
	s := c.server
	s.mu.Lock()
	p := s.pending[m.InvocationID]
	s.mu.Unlock()
	if p == nil {
		return nil // nobody waits any more
	}
	if p.connection != c.ID {
		return &Exception{"InvalidOperationException", fmt.Sprintf("Connection ID '%s' is not valid for invocation ID '%s'.", c.ID, m.InvocationID)}
	}
	if p = s.take(m.InvocationID, c.ID); p != nil {
		p.answer(c.protocol, m)
	}
	return nil
}

// returned takes an answer that another server gives back.
func (s *Server) returned(data []byte) error {
	e, err := protocol.ParseReturn(data)
	if err != nil {
		return err
	}
	for _, p := range s.o.Protocols {
		if p.Name() != e.Protocol {
			continue
		}
		m, err := completionIn(p, e.Frame)
		if err != nil {
			return err
		}
		if w := s.take(m.InvocationID, ""); w != nil {
			w.answer(p, m)
		}
		return nil
	}
	return fmt.Errorf("answer in protocol %q", e.Protocol)
}

func completionIn(p protocol.Protocol, frame []byte) (protocol.Completion, error) {
	body, rest, err := p.Split(frame, 0)
	if err != nil {
		return protocol.Completion{}, err
	}
	if body == nil || len(rest) > 0 {
		return protocol.Completion{}, fmt.Errorf("answer of %d bytes is not one message", len(frame))
	}
	m, err := p.Parse(body)
	if err != nil {
		return protocol.Completion{}, err
	}
	completion, ok := m.(protocol.Completion)
	if !ok {
		return completion, fmt.Errorf("answer is a %T", m)
	}
	return completion, nil
}
