package signalr

import (
	"context"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"sync"
)

var (
	lockerType = reflect.TypeFor[sync.Locker]()
	// hazards are packages whose types must not be embedded in a hub: their methods
	// would be the hub's.
	hazards = []string{"sync", "sync/atomic", "context"}
)

// hazard returns an error if t is or embeds a type whose methods clients must not call,
// such as a sync.Mutex.
func hazard(t reflect.Type) error {
	if slices.Contains(hazards, packageOf(t)) {
		return fmt.Errorf("%v cannot be a hub", t)
	}
	return embeddedHazard(t, t, nil)
}

func embeddedHazard(hub, t reflect.Type, outer []reflect.Type) error {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || slices.Contains(outer, t) {
		return nil
	}
	for i := range t.NumField() {
		f := t.Field(i)
		if !f.Anonymous {
			continue
		}
		locks := f.Type.Implements(lockerType) || f.Type.Kind() != reflect.Interface && reflect.PointerTo(f.Type).Implements(lockerType)
		if err := embeddedHazard(hub, f.Type, append(slices.Clip(outer), t)); err != nil {
			return err
		}
		if locks || slices.Contains(hazards, packageOf(f.Type)) {
			return fmt.Errorf("%v embeds %v, whose methods would be hub methods; give the field a name, such as mu %v", hub, f.Type, f.Type)
		}
	}
	return nil
}

// suppliedTypes maps types that clients cannot send to the remedy.
var suppliedTypes = map[reflect.Type]string{
	reflect.TypeFor[Call]():             "take a *signalr.Call",
	reflect.TypeFor[*context.Context](): "take a context.Context",
	reflect.TypeFor[Hub]():              "take a *signalr.Call and use its Hub",
	reflect.TypeFor[Clients]():          "take a *signalr.Call and use its Clients",
	reflect.TypeFor[CallerClients]():    "take a *signalr.Call and use its Clients",
	reflect.TypeFor[Groups]():           "take a *signalr.Call and use its Groups",
	reflect.TypeFor[Items]():            "take a *signalr.Call and use its Items",
	reflect.TypeFor[User]():             "take a *signalr.Call and use its User",
	reflect.TypeFor[http.Request]():     "take a *signalr.Call and use its Request",
	reflect.TypeFor[Invocation]():       "that is for a Filter",
	reflect.TypeFor[Server]():           "keep it in a field of the hub",
	reflect.TypeFor[Single]():           "take the ID of the connection",
}

// misplaced returns an error if t is a type that no client can send, although it has
// an encoding.
func misplaced(t reflect.Type) error {
	for e := t; ; e = e.Elem() {
		if remedy := suppliedTypes[e]; remedy != "" {
			return fmt.Errorf("type %v, which clients would have to send; %s", t, remedy)
		}
		if e.Kind() != reflect.Pointer {
			return nil
		}
	}
}

// returnable says why no result of a hub method can be of type t, if so.
func returnable(t reflect.Type) error {
	if t.Implements(errorType) {
		return fmt.Errorf("type %v is an error; declare it as error, and as the last result", t)
	}
	return misplaced(t)
}
