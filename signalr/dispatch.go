package signalr

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"time"

	"github.com/signalmesh/signalmesh/signalr/protocol"
)

// read takes messages in until the connection ends.
func (c *connection) read(in *intake) {
	limit := c.hub.options.messageLimit()
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
		refusal = describe(failedToInvoke(inv.Target), err, c.hub.options.DetailedErrors)
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
	detailed := h.options.DetailedErrors
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

// errExited is why an invocation failed that ended its goroutine.
var errExited = errors.New("signalr: the hub method called runtime.Goexit")

// run runs a hub method and answers the client.
func (c *connection) run(m *method, inv protocol.Invocation, args []reflect.Value, r *running) {
	start := time.Now()
	var result any
	err := error(errExited)
	defer func() { // also when the method ends the goroutine
		err = r.explain(err)
		c.running.end(m, r)
		c.server.metrics.invoked(start, err == nil)
		if err != nil {
			c.logFailure("hub method failed", m, r, err)
			c.complete(inv, protocol.Completion{Failed: true, Error: c.failure(m, err)})
			return
		}
		// A method without a result completes with null, as in .NET.
		if err := c.complete(inv, protocol.Completion{HasResult: true, Result: result}); err != nil {
			c.log().Error("result of hub method not encoded", "method", m.name, "err", err)
			text := describe(errorInvoking(m.name), err, c.hub.options.DetailedErrors)
			c.complete(inv, protocol.Completion{Failed: true, Error: text})
		}
	}()
	result, err = c.call(m, args, r)
}

// call calls a hub method through its filters, if the user may, and makes an
// error of a panic.
func (c *connection) call(m *method, args []reflect.Value, r *running) (result any, err error) {
	permitted := true
	err = c.protect(m.name, func() (err error) {
		if permitted = m.permits(c.principal.Load()); !permitted {
			return nil
		}
		uploads := c.receivers(m, r)
		call := &Call{connection: c, ctx: r.ctx, permit: r.permit}
		if invoke := c.hub.filters.invoke; invoke != nil {
			result, err = invoke(newInvocation(call, m, args, uploads))
		} else {
			result, err = m.call(call, args, uploads)
		}
		return err
	})
	if !permitted {
		return nil, errUnauthorized
	}
	return result, err
}

// failure is what the client is told of a hub method that failed.
func (c *connection) failure(m *method, err error) string {
	if err == errUnauthorized {
		return fmt.Sprintf("Failed to invoke '%s' because user is unauthorized", m.name)
	}
	return describe(errorInvoking(m.name), err, c.hub.options.DetailedErrors)
}

// logFailure logs why an invocation failed. What the client brought about itself is
// for debugging.
func (c *connection) logFailure(message string, m *method, r *running, err error) {
	level := failureLevel(err)
	if err == errUnauthorized || r.ctx.Err() != nil && wraps(err, context.Canceled) {
		level = slog.LevelDebug
	}
	c.log().Log(context.Background(), level, message, "method", m.name, "err", err)
}

// failureLevel is the level at which an error of the application is logged: Debug for
// a HubError, which its client reads, for a panic, which is logged already, and for a
// limit, which is counted and of which the first is logged.
func failureLevel(err error) slog.Level {
	if e := readError(err); e.hub != nil || e.panicked || wraps(e, ErrLimit) {
		return slog.LevelDebug
	}
	return slog.LevelError
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
