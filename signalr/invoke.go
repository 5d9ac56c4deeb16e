package signalr

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/signalmesh/signalmesh/signalr/protocol"
)

// disconnectedElsewhere is what a server answers in place of a client that is
// gone. It is ASP.NET Core's text.
const disconnectedElsewhere = "Connection disconnected."

// answerGrace is how long an answer may be on its way when no server has the
// connection any more.
const answerGrace = 100 * time.Millisecond

// errAskedTooEarly is .NET's text for a question that could not be answered: the
// connection is not read before OnConnected has returned.
var errAskedTooEarly = &namedError{
	name:    "InvalidOperationException",
	message: "Client results inside OnConnectedAsync Hub methods are not allowed.",
}

// Invoke makes one client, on any server, run its method of that name, and waits
// for the result, which it decodes into a T as hub methods decode arguments. Any
// method's result fits a T of any; one without a result leaves T zero.
//
// There is no time limit but ctx's; the context of Clients has no part in it. A
// hub method that calls Invoke does not hold its connection's next invocation up
// any more, so that with one invocation at a time a client can be asked while it
// waits for the method. OnConnected cannot ask, since nothing is read before it
// has returned.
//
// The error is
//   - a *HubError with the text that the client gave as its error;
//   - a *HubError if the result is no T;
//   - ErrNoConnection if no server has the connection;
//   - ErrDisconnected if the connection ended before it answered, or the server
//     that has it died;
//   - ctx's, if that ended: the client is not told, and its answer ignored;
//   - ErrLimit, if the client leaves too many questions unanswered, or the caller's
//     connection has too many calls that wait for answers; see Limits.MaxClientResults;
//   - ErrServerClosed;
//   - that of a backplane which could not take the question.
//
// They have the texts of ASP.NET Core. errors.Is and errors.AsType tell them
// apart. An answer that the backplane reports lost is waited for until ctx ends.
// A client that never answers costs the server that has it an entry in a
// table, until the connection ends, for at most Limits.MaxClientResults questions.
func Invoke[T any](ctx context.Context, client Single, method string, args ...any) (T, error) {
	var result, none T
	a, err := client.ask(ctx, method, args)
	if err == nil {
		err = a.decode(&result)
	}
	if err != nil {
		return none, err
	}
	return result, nil
}

// An answer is a client's, not yet decoded.
type answer struct {
	protocol protocol.Protocol
	protocol.Completion
}

// decode decodes the result into what dst points to, or returns the client's
// error.
func (a answer) decode(dst any) error {
	if a.Failed {
		switch a.Error {
		case disconnectedElsewhere:
			return &toldError{text: a.Error, err: ErrDisconnected}
		case errUnanswered.Error(): // so says the server that has the connection
			return errUnanswered
		}
		return &HubError{Message: a.Error}
	}
	raw, ok := a.Result.(protocol.Raw)
	if !ok {
		return nil // there is no result
	}
	err := attempt("the result's type", func() error { return a.protocol.Bind(raw, dst) }) // it may decode itself
	if err == nil {
		return nil
	}
	inner := err
	if bind, ok := err.(*protocol.BindError); ok {
		inner = bind.Err
	}
	text := fmt.Sprintf("Error trying to deserialize result to %s. %v", dotNetName(reflect.TypeOf(dst).Elem()), readError(inner))
	return &toldError{text: text, err: readError(err)}
}

// ask puts a question to the connection and waits for its answer.
func (s Single) ask(ctx context.Context, method string, args []any) (answer, error) {
	h, call := s.clients.hub, s.clients.call
	if err := h.usable(context.Background(), fmt.Sprintf("invoke %q", method)); err != nil {
		return answer{}, err
	}
	switch {
	case h.sendOnly:
		return answer{}, fmt.Errorf("signalr: invoke %q: %w", method, ErrSendOnly)
	case ctx.Err() != nil:
		return answer{}, canceled(ctx)
	case method == "":
		return answer{}, errors.New("signalr: invoke: the name of the client's method is empty")
	case s.id == "":
		return answer{}, fmt.Errorf("signalr: invoke %q: the name of the connection is empty", method)
	case call != nil && call.connecting && !call.connection.isOpen():
		return answer{}, errAskedTooEarly
	}
	m, err := newMessage(h.server, make([]bool, len(h.server.protocols)), method, args)
	if err != nil {
		return answer{}, fmt.Errorf("signalr: invoke: %w", err)
	}
	m.invocation.InvocationID = newQuestionID()
	answers := make(chan answer, 1)
	q := &question{
		connection: s.id,
		answer:     func(p protocol.Protocol, m protocol.Completion) { answers <- answer{p, m} },
	}
	// The answer may come before the question has been sent off.
	if err := h.questions.add(m.invocation.InvocationID, q, h.options.MaxClientResults); err != nil {
		return answer{}, fmt.Errorf("signalr: invoke %q: %w", method, h.limited("client_results", err))
	}
	defer h.questions.forget(m.invocation.InvocationID, q)
	if call != nil {
		if err := call.connection.asks(); err != nil {
			return answer{}, fmt.Errorf("signalr: invoke %q: %w", method, h.limited("client_results", err))
		}
		defer call.connection.asking.Add(-1)
		call.permit.release()
	}
	if c := h.registry.connection(s.id); c != nil {
		return c.ask(ctx, m, answers)
	}
	if h.server.options.Backplane == nil {
		return answer{}, &noConnection{id: s.id}
	}
	if err := s.askElsewhere(ctx, m); err != nil {
		return answer{}, err
	}
	return h.awaitElsewhere(ctx, s.id, answers)
}

// asks counts one more question of the connection's calls, unless there are too many;
// asking is to be counted down after it.
func (c *connection) asks() error {
	limit := c.hub.options.MaxClientResults
	if int(c.asking.Add(1)) <= limit {
		return nil
	}
	c.asking.Add(-1)
	return fmt.Errorf("%w: %d calls of the connection wait for answers of clients, and Limits.MaxClientResults is %d", ErrLimit, limit, limit)
}

// ask sends a question to a connection here and waits for its answer.
func (c *connection) ask(ctx context.Context, m *message, answers <-chan answer) (answer, error) {
	frame, err := m.frame(c.protocol)
	if err != nil {
		return answer{}, fmt.Errorf("signalr: invoke: %w", err)
	}
	c.send(frame)
	select {
	case a := <-answers:
		return a, nil
	case <-ctx.Done():
	case <-c.ctx.Done():
	}
	// Of several things that happened, the answer counts first.
	select {
	case a := <-answers:
		return a, nil
	default:
	}
	if c.ctx.Err() != nil {
		return answer{}, disconnected(c.id)
	}
	return answer{}, canceled(ctx)
}

// askElsewhere sends a question to the server that has the connection.
func (s Single) askElsewhere(ctx context.Context, m *message) error {
	h := s.clients.hub
	envelope, err := m.envelope(nil)
	if err != nil {
		return fmt.Errorf("signalr: invoke: %w", err)
	}
	backplane := h.server.options.Backplane
	envelope.InvocationID = m.invocation.InvocationID
	envelope.ReturnChannel = h.returnChannel(backplane.Self())
	payload := protocol.AppendEnvelope(nil, envelope)
	publishing := ctx
	if s.clients.timeout > 0 {
		var cancel context.CancelFunc
		publishing, cancel = context.WithTimeout(ctx, s.clients.timeout)
		defer cancel()
	}
	channel := h.connectionChannel(s.id)
	servers, err := backplane.Publish(publishing, channel, payload)
	switch {
	case err == nil && servers == 0:
		return &noConnection{id: s.id}
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return canceled(ctx)
	}
	h.server.log.Warn("failed writing message", "hub", h.path, "channel", channel, "err", err)
	return fmt.Errorf("signalr: invoke %q: publish to %q: %w", m.invocation.Target, channel, err)
}

// awaitElsewhere waits for the answer of a connection on another server. If that
// server cannot tell that there will be none, no server has the connection's
// channel any more.
func (h *Hub) awaitElsewhere(ctx context.Context, id string, answers <-chan answer) (answer, error) {
	s := h.server
	recheck := time.NewTicker(recheckInterval)
	defer recheck.Stop()
	var tooLate <-chan time.Time // nil: a server has the connection
	var failure error            // when it is too late
	for {
		departed := s.departures.next()
		servers, err := s.options.Backplane.Subscribers(ctx, h.connectionChannel(id))
		if (err != nil || servers == 0) && tooLate == nil {
			if failure = disconnected(id); err != nil { // the backplane is closed, or ctx has ended
				failure = fmt.Errorf("signalr: invoke: look for connection %q: %w", id, err)
			}
			grace := time.NewTimer(answerGrace)
			defer grace.Stop() // once: tooLate is not nil any more
			tooLate = grace.C
		}
		select {
		case a := <-answers:
			return a, nil
		case <-tooLate:
			return answer{}, failure
		case <-departed:
		case <-recheck.C:
		case <-ctx.Done():
			return answer{}, canceled(ctx)
		case <-s.ctx.Done():
			return answer{}, ErrServerClosed
		}
	}
}

// canceled is the error of an Invoke whose ctx has ended.
func canceled(ctx context.Context) error {
	return &toldError{text: "Invocation canceled by the server.", err: ctx.Err()}
}

// disconnected is the error of an Invoke whose connection ended.
func disconnected(id string) error {
	return &namedError{
		name:    "IOException",
		message: fmt.Sprintf("Connection '%s' disconnected.", id),
		err:     ErrDisconnected,
	}
}

// isOpen reports whether the connection is being read, or was.
func (c *connection) isOpen() bool {
	select {
	case <-c.opened:
		return true
	default:
		return false
	}
}
