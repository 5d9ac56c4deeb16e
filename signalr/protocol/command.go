package protocol

import (
	"fmt"

	"github.com/tinylib/msgp/msgp"
)

// A GroupAction is what a GroupCommand asks for.
type GroupAction uint8

// The actions on a group. One of a newer server may have another number; it is
// to be ignored.
const (
	GroupAdd    GroupAction = 1
	GroupRemove GroupAction = 2
)

// A GroupCommand asks the server that has ConnectionID to change its membership
// of Group, and then to acknowledge ID to Server.
type GroupCommand struct {
	ID           int32 // unique among the commands of Server
	Server       string
	Action       GroupAction
	Group        string
	ConnectionID string
}

// AppendGroupCommand appends c as MessagePack.
func AppendGroupCommand(dst []byte, c GroupCommand) []byte {
	dst = appendInt(msgp.AppendArrayHeader(dst, 5), int64(c.ID))
	dst = msgp.AppendString(dst, c.Server)
	dst = msgp.AppendUint8(dst, uint8(c.Action))
	dst = msgp.AppendString(dst, c.Group)
	return msgp.AppendString(dst, c.ConnectionID)
}

// ParseGroupCommand reads what AppendGroupCommand writes.
func ParseGroupCommand(b []byte) (GroupCommand, error) {
	r := &reader{buf: b}
	r.items("GroupCommand", 5)
	c := GroupCommand{ID: r.int32("id"), Server: r.string("serverName")}
	action := r.int32("action")
	if action < 0 || action > 255 {
		r.fail(fmt.Errorf("action %d", action), "Reading 'action' as Byte failed.")
	}
	c.Action, c.Group, c.ConnectionID = GroupAction(action), r.string("groupName"), r.string("connectionId")
	if r.err != nil {
		return GroupCommand{}, r.err
	}
	return c, nil
}

// AppendAck appends the acknowledgement of the group command id as MessagePack.
// (It is not the message Ack.)
func AppendAck(dst []byte, id int32) []byte {
	return appendInt(msgp.AppendArrayHeader(dst, 1), int64(id))
}

// ParseAck reads what AppendAck writes.
func ParseAck(b []byte) (id int32, err error) {
	r := &reader{buf: b}
	r.items("Ack", 1)
	id = r.int32("id")
	return id, r.err
}

// AppendReturn appends a client's framed Completion, in the protocol that the
// client speaks, as MessagePack.
func AppendReturn(dst []byte, e Encoding) []byte {
	dst = msgp.AppendString(msgp.AppendArrayHeader(dst, 2), e.Protocol)
	return msgp.AppendBytes(dst, e.Frame)
}

// ParseReturn reads what AppendReturn writes. The frame is part of b.
func ParseReturn(b []byte) (Encoding, error) {
	r := &reader{buf: b}
	r.items("Completion", 2)
	e := Encoding{Protocol: r.string("protocol"), Frame: r.bytes("message")}
	if r.err != nil {
		return Encoding{}, r.err
	}
	return e, nil
}
