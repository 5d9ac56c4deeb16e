package main

import (
	"errors"

	"github.com/signalmesh/signalmesh/signalr"
)

// A Matrix is a hub with a method for every audience there is, so that a client
// can ask for each from any server. What is sent reaches the clients' method
// "message".
type Matrix struct {
	server string // the name of the node
}

// A Caller is what WhoAmI answers.
type Caller struct {
	ConnectionID string `json:"connectionId"`
	UserID       string `json:"userId"`
	Server       string `json:"server"`
}

// WhoAmI says who the caller is, and which server it is connected to.
func (m *Matrix) WhoAmI(call *signalr.Call) Caller {
	return Caller{ConnectionID: call.ConnectionID(), UserID: call.UserID(), Server: m.server}
}

const message = "message"

// SendAll sends to all connections.
func (*Matrix) SendAll(call *signalr.Call, text string) error {
	return call.Clients().All().Send(message, text)
}

// SendAllExcept sends to all connections but those named.
func (*Matrix) SendAllExcept(call *signalr.Call, connectionIDs []string, text string) error {
	return call.Clients().AllExcept(connectionIDs...).Send(message, text)
}

// SendCaller sends to the connection that asks for it.
func (*Matrix) SendCaller(call *signalr.Call, text string) error {
	return call.Clients().Caller().Send(message, text)
}

// SendOthers sends to all connections but the caller's.
func (*Matrix) SendOthers(call *signalr.Call, text string) error {
	return call.Clients().Others().Send(message, text)
}

// SendClient sends to one connection.
func (*Matrix) SendClient(call *signalr.Call, connectionID, text string) error {
	return call.Clients().Client(connectionID).Send(message, text)
}

// SendClients sends to several connections.
func (*Matrix) SendClients(call *signalr.Call, connectionIDs []string, text string) error {
	return call.Clients().Clients(connectionIDs...).Send(message, text)
}

// SendGroup sends to the members of a group.
func (*Matrix) SendGroup(call *signalr.Call, group, text string) error {
	return call.Clients().Group(group).Send(message, text)
}

// SendGroups sends to the members of several groups.
func (*Matrix) SendGroups(call *signalr.Call, groups []string, text string) error {
	return call.Clients().Groups(groups...).Send(message, text)
}

// SendGroupExcept sends to the members of a group but the connections named.
func (*Matrix) SendGroupExcept(call *signalr.Call, group string, connectionIDs []string, text string) error {
	return call.Clients().GroupExcept(group, connectionIDs...).Send(message, text)
}

// SendOthersInGroup sends to the members of a group but the caller.
func (*Matrix) SendOthersInGroup(call *signalr.Call, group, text string) error {
	return call.Clients().OthersInGroup(group).Send(message, text)
}

// SendUser sends to the connections of a user.
func (*Matrix) SendUser(call *signalr.Call, userID, text string) error {
	return call.Clients().User(userID).Send(message, text)
}

// SendUsers sends to the connections of several users.
func (*Matrix) SendUsers(call *signalr.Call, userIDs []string, text string) error {
	return call.Clients().Users(userIDs...).Send(message, text)
}

// Join makes the caller a member of a group.
func (*Matrix) Join(call *signalr.Call, group string) error {
	return call.Groups().Add(call.ConnectionID(), group)
}

// Leave ends the caller's membership of a group.
func (*Matrix) Leave(call *signalr.Call, group string) error {
	return call.Groups().Remove(call.ConnectionID(), group)
}

// Add makes a connection, wherever it is, a member of a group.
func (*Matrix) Add(call *signalr.Call, connectionID, group string) error {
	return call.Groups().Add(connectionID, group)
}

// Remove ends the membership of a connection, wherever it is.
func (*Matrix) Remove(call *signalr.Call, connectionID, group string) error {
	return call.Groups().Remove(connectionID, group)
}

// Fail fails with an error that is meant for the client.
func (*Matrix) Fail(text string) error {
	return &signalr.HubError{Message: text, Err: errors.New("not for the client")}
}

// FailInside fails with an error that is none of the client's business.
func (*Matrix) FailInside() error { return errors.New("not for the client") }

// Panic panics.
func (*Matrix) Panic() { panic("asked to") }
