package signalr

import (
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/signalmesh/signalmesh/signalr/protocol"
)

// read takes messages in until the connection ends.
func (c *connection) read(in *intake) {
	limit := c.server.options.MaxMessageSize
	for first := true; c.ctx.Err() == nil; first = false {
		// The handshake may have brought messages along.
		if !first || len(in.buf) == 0 {
			in.compact()
			err := in.receive(c.transport)
			if err == errInterrupted {
				in.drop()
				continue
			}
			if err != nil {
				c.lost(err, len(in.buf) > 0)
				return
			}
		}
		if !c.dispatchAll(in, limit) {
			return
		}
	}
}

// lost ends the connection because nothing more comes from the client.
func (c *connection) lost(err error, midMessage bool) {
	switch {
	case midMessage:
		err = invalidData("Connection terminated while reading a message.", nil)
	case errors.Is(err, errClientGone):
		err = nil // going away is no error
	}
	c.end(ending{err: err, gone: true})
}

// dispatchAll dispatches the whole messages that are in. Meanwhile the client's
// clock stands still. It reports false if the connection ends.
func (c *connection) dispatchAll(in *intake, limit int) bool {
	c.mu.Lock()
	c.liveness.received()
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		c.liveness.done(time.Now())
		c.mu.Unlock()
	}()
	p := c.server.protocols[c.protocol]
	for c.ctx.Err() == nil {
		body, err := in.next(p, limit)
		if err == nil && body == nil {
			return true
		}
		var m protocol.Message
		if err == nil {
			c.server.metrics.received.Inc()
			m, err = p.Parse(body)
		}
		if err != nil {
			c.log().Debug("malformed message", "err", err)
			c.fail(invalidData(err.Error(), err))
			return false
		}
		if !c.dispatch(p, m) {
			return false
		}
	}
	return false
}

// dispatch acts on a message. It reports false if the connection ends.
func (c *connection) dispatch(p protocol.Protocol, m protocol.Message) bool {
	if c.link != nil {
		news, err := c.link.count(m)
		if err != nil {
			c.fail(err)
			return false
		}
		if !news {
			return true
		}
	}
	switch m := m.(type) {
	case protocol.Invocation:
		return c.invoke(p, m)
	case protocol.StreamItem:
		c.uploaded(p, m)
	case protocol.Completion:
		if !c.uploadEnded(m) {
			return c.answer(p, m)
		}
	case protocol.CancelInvocation:
		c.running.cancel(m.InvocationID)
	case protocol.Ping:
		c.mu.Lock()
		c.liveness.armed = true
		c.mu.Unlock()
	case protocol.Close:
		var err error
		if m.Error != "" {
			err = &HubError{Message: m.Error}
		}
		c.end(ending{err: err})
		return false
	}
	// Ack and Sequence mean nothing without a link.
	return true
}

// invoke starts the method that a client asks for, and waits only for a permit.
// It reports false if the connection ends.
func (c *connection) invoke(p protocol.Protocol, inv protocol.Invocation) bool {
	var m *method
	var args []reflect.Value
	var refusal string
	err := c.protect(inv.Target, func() error { // types may decode themselves
		m, args, refusal = c.hub.bind(c, p, inv)
		return nil
	})
	if err != nil {
		refusal = describe(failedToInvoke(inv.Target), err, c.server.options.DetailedErrors)
	}
	if refusal != "" {
		c.decline(inv, refusal)
		return true
	}
	return c.start(m, inv, args)
}

// decline answers an invocation whose method does not run.
func (c *connection) decline(inv protocol.Invocation, text string) {
	c.server.metrics.invoked(time.Now(), false)
	c.complete(inv, protocol.Completion{Failed: true, Error: text})
}

// bind finds the method for an invocation and decodes its arguments, or says
// what the client is told instead.
func (h *Hub) bind(c *connection, p protocol.Protocol, inv protocol.Invocation) (m *method, args []reflect.Value, refusal string) {
	detailed := h.server.options.DetailedErrors
	m = h.methods[foldTarget(inv.Target)]
	if m == nil {
		return nil, nil, describe(failedToInvoke(inv.Target), &HubError{Message: "Method does not exist."}, detailed)
	}
	if n := len(inv.Arguments); n != m.arity {
		err := invalidData(fmt.Sprintf("Invocation provides %d argument(s) but target expects %d.", n, m.arity), nil)
		return nil, nil, describe(failedToInvoke(m.name), err, detailed)
	}
	args, err := m.bind(p, inv.Arguments)
	if err != nil {
		c.log().Debug("arguments do not fit", "method", m.name, "err", err)
		err = invalidData("Error binding arguments. Make sure that the types of the provided values match the types of the hub method being invoked.", err)
		return nil, nil, describe(failedToInvoke(m.name), err, detailed)
	}
	if inv.Stream != (m.stream != noStream) {
		if inv.Stream {
			return nil, nil, fmt.Sprintf("The client attempted to invoke the non-streaming '%s' method with a streaming invocation.", m.name)
		}
		return nil, nil, fmt.Sprintf("The client attempted to invoke the streaming '%s' method with a non-streaming invocation.", m.name)
	}
	if n := len(inv.StreamIDs); n != m.uploads {
		err := &HubError{Message: fmt.Sprintf("Client sent %d stream(s), Hub method expects %d.", n, m.uploads)}
		return nil, nil, describe(errorInvoking(m.name), err, detailed)
	}
	return m, args, ""
}

// run runs a hub method and answers the client.
func (c *connection) run(m *method, inv protocol.Invocation, args []reflect.Value, r *running) {
	start := time.Now()
	result, err := c.call(m, args, r)
	err = r.explain(err)
	c.running.end(m, r)
	c.server.metrics.invoked(start, err == nil)
	if err != nil {
		c.log().Debug("hub method failed", "method", m.name, "err", err)
		text := describe(errorInvoking(m.name), err, c.server.options.DetailedErrors)
		c.complete(inv, protocol.Completion{Failed: true, Error: text})
		return
	}
	// A method without a result completes with null, as in .NET.
	if err := c.complete(inv, protocol.Completion{HasResult: true, Result: result}); err != nil {
		c.log().Error("result of hub method not encoded", "method", m.name, "err", err)
		text := describe(errorInvoking(m.name), err, c.server.options.DetailedErrors)
		c.complete(inv, protocol.Completion{Failed: true, Error: text})
	}
}

// call calls a hub method, and makes an error of its panic.
func (c *connection) call(m *method, args []reflect.Value, r *running) (result any, err error) {
	uploads := c.receivers(m, r)
	err = c.protect(m.name, func() (err error) {
		result, err = m.call(&Call{connection: c, ctx: r.ctx, permit: r.permit}, args, uploads)
		return err
	})
	return result, err
}

// complete answers an invocation, unless the client does not want an answer.
func (c *connection) complete(inv protocol.Invocation, completion protocol.Completion) error {
	if inv.InvocationID == "" {
		return nil
	}
	completion.InvocationID = inv.InvocationID
	return c.protect(inv.Target, func() error { // types may encode themselves
		frame, err := c.server.protocols[c.protocol].Append(nil, completion)
		if err == nil {
			c.send(frame)
		}
		return err
	})
}

func failedToInvoke(target string) string {
	return fmt.Sprintf("Failed to invoke '%s' due to an error on the server.", target)
}

func errorInvoking(target string) string {
	return fmt.Sprintf("An unexpected error occurred invoking '%s' on the server.", target)
}
