package chat

import (
	"errors"
	"fmt"

	"github.com/signalmesh/signalmesh/signalr"
)

// maxRoom is how many bytes the name of a room may have.
const maxRoom = 128

// JoinRoom makes the caller a member of a room. Joining twice is joining once.
func (h *Hub) JoinRoom(call *signalr.Call, room string) error {
	return h.AddToRoom(call, call.ConnectionID(), room)
}

// LeaveRoom ends the caller's membership of a room.
func (h *Hub) LeaveRoom(call *signalr.Call, room string) error {
	return h.RemoveFromRoom(call, call.ConnectionID(), room)
}

// AddToRoom makes a connection, on whichever server it is, a member of a room.
// When it has returned, what anyone sends to the room reaches the connection.
func (h *Hub) AddToRoom(call *signalr.Call, connectionID, room string) error {
	if err := checkRoom(room); err != nil {
		return err
	}
	return explain(connectionID, call.Groups().Add(connectionID, room))
}

// RemoveFromRoom ends the membership of a connection, on whichever server it is.
func (h *Hub) RemoveFromRoom(call *signalr.Call, connectionID, room string) error {
	if err := checkRoom(room); err != nil {
		return err
	}
	return explain(connectionID, call.Groups().Remove(connectionID, room))
}

// checkRoom returns what a client should know of a bad name.
func checkRoom(room string) error {
	switch {
	case room == "":
		return &signalr.HubError{Message: "a room needs a name"}
	case len(room) > maxRoom:
		return &signalr.HubError{Message: fmt.Sprintf("the name of a room has at most %d bytes, this one has %d", maxRoom, len(room))}
	}
	return nil
}

// explain turns the one failure that is the client's own into words for it.
func explain(connectionID string, err error) error {
	if errors.Is(err, signalr.ErrNoConnection) {
		return &signalr.HubError{Message: fmt.Sprintf("there is no connection %q", connectionID), Err: err}
	}
	return err
}
