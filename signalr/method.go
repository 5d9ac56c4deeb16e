package signalr

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/signalmesh/signalmesh/signalr/protocol"
)

// A method is a hub method that clients can invoke.
type method struct {
	name   string
	fn     reflect.Value // bound to the hub
	params []param
	arity  int        // parameters that the client supplies as arguments
	result bool       // its first result is for the client
	fails  bool       // its last result is an error
	stream streamKind // of its first result

	uploads int  // parameters that the client supplies as streams
	aware   bool // it has a context, or a Call

	policy Policy // who may invoke it; nil: everybody
}

// background reports whether the method has streams, in either direction: it
// then runs beside the other invocations of its client.
func (m *method) background() bool { return m.stream != noStream || m.uploads > 0 }

// reachable reports whether a client can do anything to the method while it runs.
func (m *method) reachable() bool { return m.aware || m.background() }

// A param is one parameter of a method.
type param struct {
	supplied supplied
	typ      reflect.Type
	elem     reflect.Type // of an upload's items
}

// inHand is how many items of an upload are on their way from its buffer to the
// method: a channel is fed by a goroutine that holds one.
func (p param) inHand() int {
	if p.typ.Kind() == reflect.Chan {
		return 1
	}
	return 0
}

// supplied says where the value of a parameter comes from.
type supplied uint8

const (
	byClient  supplied = iota
	byCall             // the *Call
	byContext          // the Call's Context
	byUpload           // a stream of the client's
)

var (
	callType    = reflect.TypeFor[*Call]()
	contextType = reflect.TypeFor[context.Context]()
	errorType   = reflect.TypeFor[error]()
)

// A methodSet are the hub methods of a hub, by their folded names.
type methodSet map[string]*method

// names lists the methods as clients call them.
func (ms methodSet) names() []string {
	names := make([]string, 0, len(ms))
	for _, m := range ms {
		names = append(names, m.name)
	}
	slices.Sort(names)
	return names
}

// methodsOf returns the hub methods of hub and the names of the methods left out, or
// every reason why hub is refused. A hub without hub methods is for sending only.
func methodsOf(hub any, o Methods) (methods methodSet, leftOut []string, err error) {
	v := reflect.ValueOf(hub)
	t := v.Type()
	if err := hazard(t); err != nil {
		return nil, nil, err
	}
	chosen, errs := selectMethods(t, o)
	methods = make(methodSet)
	for _, declared := range chosen.chosen {
		if lifecycle, err := lifecycleMethod(hub, declared.Name); lifecycle {
			errs = append(errs, err)
			continue
		}
		name := cmp.Or(o.Rename[declared.Name], declared.Name)
		m, err := newMethod(name, v.MethodByName(declared.Name))
		if err != nil {
			errs = append(errs, fmt.Errorf("%v.%s: %w", t, declared.Name, err))
			continue
		}
		if other := methods[foldTarget(name)]; other != nil {
			errs = append(errs, fmt.Errorf("%v has methods %s and %s, which differ by case only: clients do not tell them apart", t, other.name, name))
			continue
		}
		methods[foldTarget(name)] = m
	}
	return methods, chosen.leftOut, errors.Join(errs...)
}

// lifecycleMethod reports whether name is that of a lifecycle method, which
// clients cannot invoke, and whether it looks as it must.
func lifecycleMethod(hub any, name string) (bool, error) {
	var ok bool
	var want string
	switch name {
	case "OnConnected":
		_, ok = hub.(Connector)
		want = "OnConnected(*signalr.Call) error"
	case "OnDisconnected":
		_, ok = hub.(Disconnector)
		want = "OnDisconnected(*signalr.Call, error)"
	case "OnConnectedAsync", "OnDisconnectedAsync": // ASP.NET Core's names
		return true, fmt.Errorf("%T.%s never runs by itself; call it %s", hub, name, strings.TrimSuffix(name, "Async"))
	default:
		return false, nil
	}
	if !ok {
		return true, fmt.Errorf("%T.%s must be %s", hub, name, want)
	}
	return true, nil
}

func newMethod(name string, fn reflect.Value) (*method, error) {
	t := fn.Type()
	if t.IsVariadic() {
		return nil, errors.New("variadic methods are not supported; take a slice")
	}
	m := &method{name: name, fn: fn}
	for i := range t.NumIn() {
		p := param{typ: t.In(i)}
		switch p.typ {
		case callType:
			p.supplied, m.aware = byCall, true
		case contextType:
			p.supplied, m.aware = byContext, true
		default:
			if err := m.setParam(&p); err != nil {
				return nil, fmt.Errorf("parameter %d: %w", i+1, err)
			}
		}
		m.params = append(m.params, p)
	}
	return m, m.setResults(t)
}

// setParam takes note of what the client supplies for a parameter.
func (m *method) setParam(p *param) (err error) {
	if p.elem, err = uploadElem(p.typ); err != nil {
		return err
	}
	if p.elem != nil {
		p.supplied = byUpload
		m.uploads++
		return nil
	}
	m.arity++
	return bindable(p.typ)
}

// setResults takes note of what a method of type t returns.
func (m *method) setResults(t reflect.Type) error {
	n := t.NumOut()
	if n > 0 && t.Out(n-1) == errorType {
		m.fails = true
		n--
	}
	switch {
	case n > 1:
		return fmt.Errorf("returns %d results; a hub method returns at most one and an error", t.NumOut())
	case n == 1:
		var err error
		if m.stream, err = streamResult(t.Out(0)); err == nil && m.stream == noStream {
			if err = returnable(t.Out(0)); err == nil {
				err = sendable(t.Out(0))
			}
		}
		if err != nil {
			return fmt.Errorf("result: %w", err)
		}
		m.result = true
	}
	return nil
}

// bindable says why no value of a client's can be of type t, if so.
func bindable(t reflect.Type) error {
	if err := misplaced(t); err != nil {
		return err
	}
	if t.Kind() == reflect.Interface && t.NumMethod() > 0 {
		return fmt.Errorf("type %v is an interface with methods; take a concrete type, or any", t)
	}
	return sendable(t)
}

// bind decodes a client's arguments, which must be as many as arity.
func (m *method) bind(p protocol.Protocol, arguments []any) ([]reflect.Value, error) {
	bound := make([]reflect.Value, 0, m.arity)
	for _, param := range m.params {
		if param.supplied != byClient {
			continue
		}
		raw, ok := arguments[len(bound)].(protocol.Raw)
		if !ok {
			return nil, fmt.Errorf("argument %d is a %T, not a protocol.Raw", len(bound)+1, arguments[len(bound)])
		}
		v := reflect.New(param.typ)
		if err := p.Bind(raw, v.Interface()); err != nil {
			return nil, fmt.Errorf("argument %d: %w", len(bound)+1, err)
		}
		bound = append(bound, v.Elem())
	}
	return bound, nil
}

// call runs the method with bound arguments and the receivers of its uploads.
// Without a result it returns nil.
func (m *method) call(call *Call, bound, uploads []reflect.Value) (any, error) {
	in := make([]reflect.Value, len(m.params))
	for i, p := range m.params {
		switch p.supplied {
		case byCall:
			in[i] = reflect.ValueOf(call)
		case byContext:
			in[i] = reflect.ValueOf(call.ctx)
		case byUpload:
			in[i], uploads = uploads[0], uploads[1:]
		default:
			in[i], bound = bound[0], bound[1:]
		}
	}
	out := m.fn.Call(in)
	if m.fails {
		if err, ok := out[len(out)-1].Interface().(error); ok {
			return nil, err
		}
	}
	if !m.result {
		return nil, nil
	}
	return out[0].Interface(), nil
}

// foldTarget makes names equal that differ by case only.
func foldTarget(name string) string { return strings.ToLower(name) }
