package signalr

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"reflect"
	"runtime"
	"slices"
	"strings"
)

// Methods choose which methods of a hub clients can call. The zero value is those
// that are declared in the package of the hub's type, on the type itself or on types
// of the same package that it embeds. Methods that are promoted from types of other
// packages are left out, since clients could otherwise call what the developer never
// wrote, such as Close. OnConnected and OnDisconnected are never hub methods.
//
// Names are those of the methods in Go, exactly. A name that the hub does not have is
// an error of NewServer.
type Methods struct {
	// Only are the hub methods, promoted ones included. Empty means all that are
	// declared in the hub's package, and Include. With Only the next two must be empty.
	Only []string
	// Include are methods promoted from types of other packages that clients can call.
	Include []string
	// Exclude are methods that clients cannot call.
	Exclude []string
	// Rename has the names by which clients call methods, by their names in Go. Those
	// of AuthorizeMethods and Invocation.Method are the new ones.
	Rename map[string]string
}

// A selection is which of a hub's methods clients can call.
type selection struct {
	chosen  []reflect.Method
	leftOut []string // with the reason, for the log
}

// selectMethods returns the hub methods of type t as o says, or every reason why o is
// wrong. Lifecycle methods are among them.
func selectMethods(t reflect.Type, o Methods) (s selection, errs []error) {
	if len(o.Only) > 0 && len(o.Include)+len(o.Exclude) > 0 {
		errs = append(errs, errors.New("Methods.Only names all hub methods; leave Include and Exclude empty"))
	}
	own := packageOf(t)
	known := make(map[string]bool)
	for i := range t.NumMethod() {
		m := t.Method(i)
		known[m.Name] = true
		from := declarer(t, m.Name)
		promoted := packageOf(from) != own
		switch {
		case len(o.Only) > 0 && !slices.Contains(o.Only, m.Name) && !isLifecycle(m.Name):
			s.leftOut = append(s.leftOut, m.Name+" (not in Methods.Only)")
		case slices.Contains(o.Exclude, m.Name):
			s.leftOut = append(s.leftOut, m.Name+" (Methods.Exclude)")
		case promoted && !slices.Contains(o.Only, m.Name) && !slices.Contains(o.Include, m.Name) && !isLifecycle(m.Name):
			s.leftOut = append(s.leftOut, fmt.Sprintf("%s (promoted from %v)", m.Name, from))
		default:
			s.chosen = append(s.chosen, m)
		}
	}
	for _, list := range []struct {
		field string
		names []string
	}{{"Only", o.Only}, {"Include", o.Include}, {"Exclude", o.Exclude}, {"Rename", slices.Sorted(maps.Keys(o.Rename))}} {
		for _, name := range list.names {
			if !known[name] {
				errs = append(errs, fmt.Errorf("option Methods.%s has %q, which is not a method of %v", list.field, name, t))
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(o.Rename)) {
		if o.Rename[name] == "" || isLifecycle(o.Rename[name]) || isLifecycle(name) {
			errs = append(errs, fmt.Errorf("Methods.Rename cannot call %q %q", name, o.Rename[name]))
		}
	}
	return s, append(errs, missedMethods(t, o)...)
}

// isLifecycle reports whether a method of that name is not for clients.
func isLifecycle(name string) bool { return name == "OnConnected" || name == "OnDisconnected" }

// missedMethods returns an error if a pointer to t has hub methods that t lacks.
func missedMethods(t reflect.Type, o Methods) []error {
	if t.Kind() == reflect.Pointer || t.Kind() == reflect.Interface {
		return nil
	}
	p := reflect.PointerTo(t)
	var missed []string
	for i := range p.NumMethod() {
		name := p.Method(i).Name
		if _, has := t.MethodByName(name); has || slices.Contains(o.Exclude, name) || len(o.Only) > 0 && !slices.Contains(o.Only, name) {
			continue
		}
		if packageOf(declarer(p, name)) == packageOf(t) || slices.Contains(o.Include, name) {
			missed = append(missed, name)
		}
	}
	if len(missed) == 0 {
		return nil
	}
	return []error{fmt.Errorf("%v lacks methods that *%v has: %s; pass a pointer", t, t, strings.Join(missed, ", "))}
}

// packageOf returns the path of the package that declares t, or what t points to.
func packageOf(t reflect.Type) string {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.PkgPath()
}

// declarer returns the type that declares the method of t of that name: t, or one
// that it embeds.
func declarer(t reflect.Type, name string) reflect.Type {
	for {
		inner := promotedFrom(t, name)
		if inner == nil || declares(t, name) {
			return t
		}
		t = inner
	}
}

// promotedFrom returns the type embedded in t that has the method of that name at the
// least depth, or nil.
func promotedFrom(t reflect.Type, name string) reflect.Type {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	var found reflect.Type
	least := -1
	for i := range t.NumField() {
		f := t.Field(i)
		if !f.Anonymous {
			continue
		}
		inner := f.Type
		if inner.Kind() != reflect.Pointer && inner.Kind() != reflect.Interface {
			inner = reflect.PointerTo(inner)
		}
		if _, has := inner.MethodByName(name); !has {
			continue
		}
		if depth := depthOf(inner, name, 0); least < 0 || depth < least {
			found, least = inner, depth
		}
	}
	return found
}

// depthOf returns how many embedded types below t the method of that name is declared.
func depthOf(t reflect.Type, name string, depth int) int {
	inner := promotedFrom(t, name)
	if inner == nil || depth > 16 || declares(t, name) {
		return depth
	}
	return depthOf(inner, name, depth+1)
}

// declares reports whether t itself has the method of that name, and not a type that
// it embeds. Reflection does not tell, but the compiler writes the methods that are
// promoted, and those of a pointer to a type whose method has no pointer, which then
// is the one to look at.
func declares(t reflect.Type, name string) bool {
	if t.Kind() == reflect.Interface {
		return true
	}
	types := []reflect.Type{t}
	if t.Kind() == reflect.Pointer {
		types = append(types, t.Elem())
	}
	for _, t := range types {
		if m, has := t.MethodByName(name); has && m.Func.IsValid() && isSource(t, name, m.Func.Pointer()) {
			return true
		}
	}
	return false
}

// isSource reports whether the code at pc is that method of t in a source file. A
// method that the compiler generated has no file, or begins with inlined code of
// another method.
func isSource(t reflect.Type, name string, pc uintptr) bool {
	f := runtime.FuncForPC(pc)
	if f == nil {
		return false
	}
	if file, _ := f.FileLine(pc); file == "<autogenerated>" {
		return false
	}
	receiver := t.Name()
	if t.Kind() == reflect.Pointer {
		receiver = "(*" + t.Elem().Name() + ")"
	}
	folder, last := path.Split(packageOf(t))
	last = strings.ReplaceAll(last, ".", "%2e") // as the linker writes it
	return f.Name() == folder+last+"."+receiver+"."+name
}
