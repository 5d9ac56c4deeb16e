package chat

import (
	"strings"

	"github.com/signalmesh/signalmesh/signalr"
)

// receive is the method of clients that messages arrive at.
const receive = "ReceiveMessage"

// A Hub is a chat. Its methods are called by clients; those that send run
// ReceiveMessage(user, text, server) of the clients they name. It may be used
// concurrently.
type Hub struct {
	// Server is the name under which clients see this server.
	Server string
}

// Mount returns the options that serve a Hub at path, such as "/chat", on the
// server of that name. Hubs of different paths hear nothing of each other.
func Mount(path, server string) signalr.HubOptions {
	return signalr.HubOptions{
		Path: path,
		Hub:  &Hub{Server: server},
		Name: strings.ToLower(strings.Trim(path, "/")),
	}
}

// Send sends to everyone, the caller included.
func (h *Hub) Send(call *signalr.Call, user, text string) error {
	return call.Clients().All().Send(receive, user, text, h.Server)
}

// SendToOthers sends to everyone but the caller's connection.
func (h *Hub) SendToOthers(call *signalr.Call, user, text string) error {
	return call.Clients().Others().Send(receive, user, text, h.Server)
}

// SendToRoom sends to the members of a room. The caller need not be one.
func (h *Hub) SendToRoom(call *signalr.Call, room, user, text string) error {
	if err := checkRoom(room); err != nil {
		return err
	}
	return call.Clients().Group(room).Send(receive, user, text, h.Server)
}

// PostToRoom sends to the members of a room and tells them which room it is: it
// runs their ReceiveRoomMessage(room, user, text, server). The page uses it.
func (h *Hub) PostToRoom(call *signalr.Call, room, user, text string) error {
	if err := checkRoom(room); err != nil {
		return err
	}
	return call.Clients().Group(room).Send("ReceiveRoomMessage", room, user, text, h.Server)
}

// Whisper sends to the connections of a user.
func (h *Hub) Whisper(call *signalr.Call, userID, user, text string) error {
	return call.Clients().User(userID).Send(receive, user, text, h.Server)
}

// SendToConnection sends to one connection, on whichever server it is. If there
// is none of that ID, nobody gets it.
func (h *Hub) SendToConnection(call *signalr.Call, connectionID, user, text string) error {
	return call.Clients().Client(connectionID).Send(receive, user, text, h.Server)
}

// An Identity is what a client can know of its own connection.
type Identity struct {
	ConnectionID string `json:"connectionId"`
	UserID       string `json:"userId"` // empty: no user
	Server       string `json:"server"`
}

// WhoAmI tells the caller which connection it is, of which user, on which server.
func (h *Hub) WhoAmI(call *signalr.Call) Identity {
	return Identity{ConnectionID: call.ConnectionID(), UserID: call.UserID(), Server: h.Server}
}
