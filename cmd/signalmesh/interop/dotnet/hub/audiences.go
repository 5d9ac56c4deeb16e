package main

import (
	"errors"
	"sync/atomic"

	"github.com/signalmesh/signalmesh/signalr"
)

// A Scenario is the hub. ScenarioHub.cs has the same methods.
type Scenario struct {
	streaming atomic.Int64 // the streams of Ticks that run
}

const message signalr.Event1[string] = "Message"

// Ready returns after the connection is announced.
func (*Scenario) Ready() {}

// WhoAmI returns the user of the caller.
func (*Scenario) WhoAmI(call *signalr.Call) string { return call.UserID() }

// All sends to all connections.
func (*Scenario) All(call *signalr.Call, text string) error {
	return message.Send(call.Clients().All(), text)
}

// Others sends to all connections but the caller's.
func (*Scenario) Others(call *signalr.Call, text string) error {
	return message.Send(call.Clients().Others(), text)
}

// Caller sends to the caller.
func (*Scenario) Caller(call *signalr.Call, text string) error {
	return message.Send(call.Clients().Caller(), text)
}

// AllExcept sends to all connections but one.
func (*Scenario) AllExcept(call *signalr.Call, id, text string) error {
	return message.Send(call.Clients().AllExcept(id), text)
}

// Client sends to one connection.
func (*Scenario) Client(call *signalr.Call, id, text string) error {
	return message.Send(call.Clients().Client(id), text)
}

// ClientsOf sends to connections.
func (*Scenario) ClientsOf(call *signalr.Call, ids []string, text string) error {
	return message.Send(call.Clients().Clients(ids...), text)
}

// Group sends to the members of a group.
func (*Scenario) Group(call *signalr.Call, group, text string) error {
	return message.Send(call.Clients().Group(group), text)
}

// GroupsOf sends to the members of groups.
func (*Scenario) GroupsOf(call *signalr.Call, groups []string, text string) error {
	return message.Send(call.Clients().Groups(groups...), text)
}

// GroupExcept sends to the members of a group but one connection.
func (*Scenario) GroupExcept(call *signalr.Call, group, id, text string) error {
	return message.Send(call.Clients().GroupExcept(group, id), text)
}

// OthersInGroup sends to the members of a group but the caller.
func (*Scenario) OthersInGroup(call *signalr.Call, group, text string) error {
	return message.Send(call.Clients().OthersInGroup(group), text)
}

// User sends to the connections of a user.
func (*Scenario) User(call *signalr.Call, user, text string) error {
	return message.Send(call.Clients().User(user), text)
}

// UsersOf sends to the connections of users.
func (*Scenario) UsersOf(call *signalr.Call, users []string, text string) error {
	return message.Send(call.Clients().Users(users...), text)
}

// Join adds a connection of any server to a group.
func (*Scenario) Join(call *signalr.Call, id, group string) error {
	return call.Groups().Add(id, group)
}

// Leave removes a connection of any server from a group.
func (*Scenario) Leave(call *signalr.Call, id, group string) error {
	return call.Groups().Remove(id, group)
}

// Fail returns an error with a text for the client.
func (*Scenario) Fail(text string) error { return &signalr.HubError{Message: text} }

// FailInside returns an error without a text for the client.
func (*Scenario) FailInside() error { return errors.New("internal") }

// AdminOnly is for users with the role admin.
func (*Scenario) AdminOnly() string { return "admin" }

// Abort ends the connection of the caller.
func (*Scenario) Abort(call *signalr.Call) { call.Abort() }

// Ask returns the answer of a connection of any server.
func (*Scenario) Ask(call *signalr.Call, id, question string) (string, error) {
	return signalr.Invoke[string](call.Context(), call.Clients().Client(id), "Ask", question)
}

// AskNumber is Ask for a number.
func (*Scenario) AskNumber(call *signalr.Call, id, question string) (int, error) {
	return signalr.Invoke[int](call.Context(), call.Clients().Client(id), "Ask", question)
}

// AskNothing asks for a method that no client has.
func (*Scenario) AskNothing(call *signalr.Call, id string) (string, error) {
	return signalr.Invoke[string](call.Context(), call.Clients().Client(id), "Missing")
}
