package signalr

import (
	"context"
	"fmt"
	"io"
	"reflect"
	"sync"

	"github.com/signalmesh/signalmesh/signalr/protocol"
)

// A running is an invocation in progress.
type running struct {
	id     string // under which the client can cancel it; empty: it cannot
	ctx    context.Context
	cancel context.CancelCauseFunc // nil: ctx is the connection's
	inlets []*inlet                // of its uploads
	over   chan struct{}           // closed when it has ended; nil without inlets
	permit *permit                 // nil: it runs without
}

// cancelled reports whether the client, or the end of the connection, has
// cancelled the invocation.
func (r *running) cancelled() bool { return context.Cause(r.ctx) == context.Canceled }

// explain returns err, or the failure of the upload that led to it: methods tend
// to return the plain error of their context.
func (r *running) explain(err error) error {
	if cause := context.Cause(r.ctx); cause != nil && wraps(err, context.Canceled) && !wraps(cause, context.Canceled) {
		return cause
	}
	return err
}

// inFlight lists what runs of a connection and can be addressed by its client.
// Without entries it holds no memory.
type inFlight struct {
	background sync.WaitGroup // of goroutines that bypass the limiter

	mu      sync.Mutex
	calls   map[string]*running // by invocation ID
	uploads map[string]*inlet   // by stream ID
	streams int                 // how many bypass the limiter
}

// begin enters an invocation of m, or says what the client is told instead. A
// method that nothing can reach while it runs gets the connection's context.
func (f *inFlight) begin(c *connection, m *method, inv protocol.Invocation) (*running, string) {
	if !m.reachable() {
		return &running{ctx: c.ctx}, ""
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	id := inv.InvocationID
	taken := f.calls[id] != nil
	switch {
	case inv.Stream && taken:
		return nil, fmt.Sprintf("Invocation ID '%s' is already in use.", id)
	case taken:
		id = "" // it runs all the same, as in .NET, but cannot be cancelled
	}
	r := &running{id: id}
	if m.background() {
		if err := f.enter(c, m, inv, r); err != nil {
			return nil, describe(errorInvoking(m.name), err, true)
		}
	}
	r.ctx, r.cancel = context.WithCancelCause(c.ctx)
	if id != "" {
		if f.calls == nil {
			f.calls = make(map[string]*running)
		}
		f.calls[id] = r
	}
	return r, ""
}

// enter counts a stream and opens its inlets. The caller holds mu.
func (f *inFlight) enter(c *connection, m *method, inv protocol.Invocation, r *running) error {
	if limit := c.hub.options.MaxStreams; f.streams >= limit {
		return &HubError{Message: fmt.Sprintf("More than %d streams at a time.", limit)}
	}
	own := make(map[string]bool, len(inv.StreamIDs))
	for _, id := range inv.StreamIDs {
		if own[id] || f.uploads[id] != nil {
			return &HubError{Message: fmt.Sprintf("Stream ID '%s' is already in use.", id)}
		}
		own[id] = true
	}
	f.streams++
	if m.uploads == 0 {
		return nil
	}
	if f.uploads == nil {
		f.uploads = make(map[string]*inlet)
	}
	r.over = make(chan struct{})
	for _, p := range m.params {
		if p.supplied != byUpload {
			continue
		}
		in := &inlet{
			id:    inv.StreamIDs[len(r.inlets)],
			elem:  p.elem,
			items: make(chan any, c.hub.options.StreamBuffer-p.inHand()),
			ended: make(chan struct{}),
			lost:  c.ctx.Done(),
			over:  r.over,
		}
		r.inlets = append(r.inlets, in)
		f.uploads[in.id] = in
	}
	return nil
}

// end forgets an invocation. Its context and its uploads end.
func (f *inFlight) end(m *method, r *running) {
	if r.cancel == nil {
		return
	}
	f.mu.Lock()
	if r.id != "" {
		delete(f.calls, r.id)
	}
	for _, in := range r.inlets {
		if f.uploads[in.id] == in {
			delete(f.uploads, in.id)
		}
	}
	if m.background() {
		f.streams--
	}
	if len(f.calls) == 0 {
		f.calls = nil
	}
	if len(f.uploads) == 0 {
		f.uploads = nil
	}
	f.mu.Unlock()
	r.cancel(nil)
	if r.over != nil {
		close(r.over)
	}
}

// cancel cancels an invocation, if it still runs.
func (f *inFlight) cancel(id string) {
	f.mu.Lock()
	r := f.calls[id]
	f.mu.Unlock()
	if r != nil {
		r.cancel(nil)
	}
}

// upload returns the open upload of that ID, or nil. With last the ID is free
// again.
func (f *inFlight) upload(id string, last bool) *inlet {
	f.mu.Lock()
	defer f.mu.Unlock()
	in := f.uploads[id]
	if in != nil && last {
		delete(f.uploads, id)
	}
	return in
}

// start runs a method whose arguments are bound: in the background if it has
// streams, and else as soon as there is a permit. It reports false if the
// connection ends.
func (c *connection) start(m *method, inv protocol.Invocation, args []reflect.Value) bool {
	r, refusal := c.running.begin(c, m, inv)
	switch {
	case refusal != "":
		c.decline(inv, refusal)
		return true
	case m.stream != noStream:
		c.running.background.Go(func() { c.stream(m, inv, args, r) })
		return true
	case m.background():
		c.running.background.Go(func() { c.run(m, inv, args, r) })
		return true
	}
	if !c.calls.run(c.ctx, func(p *permit) { r.permit = p; c.run(m, inv, args, r) }) {
		c.running.end(m, r)
		return false
	}
	return true
}

// receivers returns the values of m's upload parameters. Those that are channels
// are filled by a goroutine each, which ends with the call.
func (c *connection) receivers(m *method, r *running) []reflect.Value {
	if m.uploads == 0 {
		return nil
	}
	values := make([]reflect.Value, 0, m.uploads)
	for _, p := range m.params {
		if p.supplied != byUpload {
			continue
		}
		in := r.inlets[len(values)]
		if p.typ.Kind() == reflect.Chan {
			ch := reflect.MakeChan(reflect.ChanOf(reflect.BothDir, p.elem), 0)
			c.running.background.Go(func() { in.pump(ch, r.cancel) })
			values = append(values, ch.Convert(p.typ))
			continue
		}
		v := reflect.New(p.typ.Elem())
		v.Interface().(uploader).attach(r.ctx, in)
		values = append(values, v)
	}
	return values
}

// uploaded puts an item into the upload it belongs to, and waits for room there.
// One of the wrong type ends the upload.
func (c *connection) uploaded(p protocol.Protocol, m protocol.StreamItem) {
	in := c.running.upload(m.InvocationID, false)
	if in == nil {
		return // late
	}
	item := reflect.New(in.elem)
	err := c.protect("upload", func() error { // types may decode themselves
		return p.Bind(m.Item.(protocol.Raw), item.Interface())
	})
	if err == nil {
		in.put(item.Interface())
		return
	}
	c.log().Debug("item of an upload does not fit", "err", err)
	if in = c.running.upload(m.InvocationID, true); in != nil {
		text := describe("Failed to bind Stream message.", invalidData(err.Error(), err), c.hub.options.DetailedErrors)
		in.end(&HubError{Message: text})
	}
}

// uploadEnded ends the upload that a completion belongs to, and reports whether
// there is one.
func (c *connection) uploadEnded(m protocol.Completion) bool {
	in := c.running.upload(m.InvocationID, true)
	if in == nil {
		return false
	}
	err := io.EOF
	if m.Failed {
		err = &HubError{Message: m.Error}
	}
	in.end(err)
	return true
}
