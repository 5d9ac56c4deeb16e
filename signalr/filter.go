package signalr

import (
	"fmt"
	"reflect"
	"slices"
)

// A Filter wraps what clients make a hub do. Each function gets the next one,
// which is another Filter's or the hub's own, and may call it, or not, or again,
// and change what goes in and comes out. Functions that are nil let everything
// pass; where no Filter has a function, nothing is spent on it. They are called
// concurrently. Their errors and panics are as those of the hub; a panic of the
// hub passes through them.
//
// The Filters of Options are outside those of HubOptions, and of each list the
// first is the outermost.
type Filter struct {
	// Invoke wraps each invocation of a hub method whose arguments fit and whose
	// caller may invoke it. What it returns is the result; for a method that
	// streams, a stream, of whatever elements. Next returns then before the stream
	// has begun.
	Invoke func(inv *Invocation, next InvokeFunc) (result any, err error)
	// Connect wraps OnConnected, also of hubs that have none. An error refuses the
	// connection.
	Connect func(call *Call, next ConnectFunc) error
	// Disconnect wraps OnDisconnected, also of hubs that have none.
	Disconnect func(call *Call, err error, next DisconnectFunc)
}

// An InvokeFunc goes on with an invocation.
type InvokeFunc func(inv *Invocation) (result any, err error)

// A ConnectFunc goes on with a connect.
type ConnectFunc func(call *Call) error

// A DisconnectFunc goes on with a disconnect.
type DisconnectFunc func(call *Call, err error)

// An Invocation is one of a hub method, on its way through the Filters. It
// belongs to one goroutine at a time.
type Invocation struct {
	// Call is what the method gets, if it takes one. Its Context is over when the
	// method's stream is.
	Call *Call
	// Method is the name of the method, as declared.
	Method string
	// Args are the client's arguments, in order, without streams. A Filter may
	// replace them by others that can be assigned to the method's parameters; nil
	// is zero.
	Args []any

	method  *method
	uploads []reflect.Value
}

// Streams reports whether the method streams to the client.
func (inv *Invocation) Streams() bool { return inv.method.stream != noStream }

func newInvocation(call *Call, m *method, args, uploads []reflect.Value) *Invocation {
	inv := &Invocation{Call: call, Method: m.name, Args: make([]any, len(args)), method: m, uploads: uploads}
	for i, arg := range args {
		inv.Args[i] = arg.Interface()
	}
	return inv
}

// run is the innermost InvokeFunc: it calls the method.
func (inv *Invocation) run() (any, error) {
	args, err := inv.bound()
	if err != nil {
		return nil, err
	}
	return inv.method.call(inv.Call, args, inv.uploads)
}

// bound returns the arguments as the method takes them.
func (inv *Invocation) bound() ([]reflect.Value, error) {
	if n := len(inv.Args); n != inv.method.arity {
		return nil, fmt.Errorf("signalr: a filter gives %s %d arguments; it takes %d", inv.Method, n, inv.method.arity)
	}
	bound := make([]reflect.Value, 0, inv.method.arity)
	for _, p := range inv.method.params {
		if p.supplied != byClient {
			continue
		}
		n := len(bound)
		v := reflect.ValueOf(inv.Args[n])
		switch {
		case !v.IsValid():
			v = reflect.Zero(p.typ)
		case !v.Type().AssignableTo(p.typ):
			return nil, fmt.Errorf("signalr: a filter gives %s a %v as argument %d; it takes a %v", inv.Method, v.Type(), n+1, p.typ)
		}
		bound = append(bound, v)
	}
	return bound, nil
}

// filters are the Filters of a hub and the hub itself, as chains. A nil one has
// nothing to do; a nil invoke calls the method and nothing else.
type filters struct {
	invoke     InvokeFunc
	connect    ConnectFunc
	disconnect DisconnectFunc
}

// newFilters chains list, outermost first, around hub.
func newFilters(list []Filter, hub any) filters {
	var f filters
	if hub, ok := hub.(Connector); ok {
		f.connect = hub.OnConnected
	}
	if hub, ok := hub.(Disconnector); ok {
		f.disconnect = hub.OnDisconnected
	}
	for _, outer := range slices.Backward(list) {
		f = f.inside(outer)
	}
	return f
}

// inside returns the chains with one more Filter around them.
func (f filters) inside(outer Filter) filters {
	if outer.Invoke != nil {
		next := f.invoke
		if next == nil {
			next = (*Invocation).run
		}
		f.invoke = func(inv *Invocation) (any, error) { return outer.Invoke(inv, next) }
	}
	if outer.Connect != nil {
		next := f.connect
		if next == nil {
			next = func(*Call) error { return nil }
		}
		f.connect = func(call *Call) error { return outer.Connect(call, next) }
	}
	if outer.Disconnect != nil {
		next := f.disconnect
		if next == nil {
			next = func(*Call, error) {}
		}
		f.disconnect = func(call *Call, err error) { outer.Disconnect(call, err, next) }
	}
	return f
}
