package signalr

import (
	"context"
	"time"
)

// Clients names connections to send to, on all servers. It may be used
// concurrently and after the call it came from.
type Clients struct {
	hub     *Hub
	ctx     context.Context // bounds every send
	timeout time.Duration   // so does this, unless it is zero
	call    *Call           // it came from; nil: from outside
}

// All are the connections of the hub.
func (c Clients) All() Target { return c.AllExcept() }

// AllExcept are the connections of the hub but those named.
func (c Clients) AllExcept(connectionIDs ...string) Target {
	return c.to(audience{kind: toAll, except: connectionIDs})
}

// Client is one connection. If there is none by that name, nobody gets what is
// sent, and to ask it is an error.
func (c Clients) Client(connectionID string) Single {
	return Single{clients: c, id: connectionID}
}

// Clients are several connections. One named twice gets two copies; empty names
// are skipped.
func (c Clients) Clients(connectionIDs ...string) Target {
	return c.to(audience{kind: toConnections, names: connectionIDs})
}

// Group are the members of a group.
func (c Clients) Group(name string) Target { return c.GroupExcept(name) }

// Groups are the members of several groups. A member of two of them gets two
// copies; empty names are skipped.
func (c Clients) Groups(names ...string) Target {
	return c.to(audience{kind: toGroups, names: names})
}

// GroupExcept are the members of a group but the connections named.
func (c Clients) GroupExcept(name string, connectionIDs ...string) Target {
	return c.to(audience{kind: toGroups, names: []string{name}, except: connectionIDs, strict: true})
}

// User are the connections of a user.
func (c Clients) User(userID string) Target {
	return c.to(audience{kind: toUsers, names: []string{userID}, strict: true})
}

// Users are the connections of several users. A user named twice gets two
// copies; empty names are skipped.
func (c Clients) Users(userIDs ...string) Target {
	return c.to(audience{kind: toUsers, names: userIDs})
}

func (c Clients) to(a audience) Target { return target{clients: c, audience: a} }

// audiences is Clients under a name that does not hide its method Clients where
// it is embedded.
type audiences = Clients

// CallerClients are Clients seen from the connection that made a call. They have
// all methods of Clients besides their own.
type CallerClients struct {
	audiences
	caller string
}

// Caller is the connection that made the call.
func (c CallerClients) Caller() Single { return c.Client(c.caller) }

// Others are all connections but the caller's.
func (c CallerClients) Others() Target { return c.AllExcept(c.caller) }

// OthersInGroup are the members of a group but the caller.
func (c CallerClients) OthersInGroup(name string) Target { return c.GroupExcept(name, c.caller) }

// A Target is an audience to send to. It may be kept and used concurrently. It is
// an interface so that a Single is one, and so that tests of an application can
// have their own.
type Target interface {
	// Send makes the clients run their method of that name. It returns when the
	// message waits to be written to the connections of this server and the
	// backplane has taken it for the others; whether a client gets it is not
	// known.
	//
	// If Send fails, no client receives the message, unless the error wraps
	// ErrLocalOnly: then the backplane did not accept it, and the connections of this
	// server receive it anyway. Arguments that cannot be encoded, a message that is ErrTooLarge and a
	// context that has ended are errors before anything is sent.
	//
	// Sends to one audience that are made one after another arrive in that order.
	// Between different audiences there is no order.
	Send(method string, args ...any) error
}

// A Single is the Target that is one connection. It can be sent to, and Invoke
// can ask it. It may be kept and used concurrently.
type Single struct {
	clients Clients
	id      string
}

// Send implements Target.
func (s Single) Send(method string, args ...any) error {
	a := audience{kind: toConnections, names: []string{s.id}, strict: true}
	return s.clients.to(a).Send(method, args...)
}

// A target is the Target of every audience.
type target struct {
	clients  Clients
	audience audience
}

// Send implements Target.
func (t target) Send(method string, args ...any) error {
	ctx := t.clients.ctx
	if err := t.clients.hub.usable(ctx, "send"); err != nil {
		return err
	}
	if t.clients.timeout > 0 && t.clients.hub.server.options.Backplane != nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, t.clients.timeout)
		defer cancel()
	}
	return t.clients.hub.send(ctx, t.audience, method, args)
}

// An audience says who a send is for.
type audience struct {
	kind   audienceKind
	names  []string // of connections, groups or users, by kind
	except []string // connection IDs; for all and groups
	strict bool     // an empty name is an error, not to be skipped
}

type audienceKind uint8

const (
	toAll audienceKind = iota
	toConnections
	toGroups
	toUsers
)
