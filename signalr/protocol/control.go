package protocol

import (
	"fmt"

	"github.com/tinylib/msgp/msgp"
)

// A ControlAction is what a ControlCommand asks for.
type ControlAction uint8

// The actions. One of a newer server may have another number; it is to be
// ignored.
const (
	DisconnectConnection ControlAction = 1
	DisconnectUser       ControlAction = 2
)

// A ControlCommand asks every server to end the connections of its own that are
// Name's, and to reply to Server.
type ControlCommand struct {
	ID     int32 // unique among the commands of Server
	Server string
	Action ControlAction
	Name   string // of the connection or the user, by Action
}

// AppendControlCommand appends c as MessagePack.
func AppendControlCommand(dst []byte, c ControlCommand) []byte {
	dst = appendInt(msgp.AppendArrayHeader(dst, 4), int64(c.ID))
	dst = msgp.AppendString(dst, c.Server)
	dst = msgp.AppendUint8(dst, uint8(c.Action))
	return msgp.AppendString(dst, c.Name)
}

// ParseControlCommand reads what AppendControlCommand writes.
func ParseControlCommand(b []byte) (ControlCommand, error) {
	r := &reader{buf: b}
	r.items("ControlCommand", 4)
	c := ControlCommand{ID: r.int32("id"), Server: r.string("serverName")}
	action := r.int32("action")
	if action < 0 || action > 255 {
		r.fail(fmt.Errorf("action %d", action), "Reading 'action' as Byte failed.")
	}
	c.Action, c.Name = ControlAction(action), r.string("name")
	if r.err != nil {
		return ControlCommand{}, r.err
	}
	return c, nil
}

// A ControlReply says what came of the ControlCommand ID on one server.
type ControlReply struct {
	ID    int32
	Found int32 // connections that it was for, never negative
	Ended int32 // those of them that it ended; the others were ending already
}

// AppendControlReply appends r as MessagePack.
func AppendControlReply(dst []byte, r ControlReply) []byte {
	dst = appendInt(msgp.AppendArrayHeader(dst, 3), int64(r.ID))
	return appendInt(appendInt(dst, int64(r.Found)), int64(r.Ended))
}

// ParseControlReply reads what AppendControlReply writes.
func ParseControlReply(b []byte) (ControlReply, error) {
	r := &reader{buf: b}
	r.items("ControlReply", 3)
	reply := ControlReply{ID: r.int32("id"), Found: r.int32("found"), Ended: r.int32("ended")}
	if reply.Ended < 0 || reply.Found < reply.Ended {
		r.fail(fmt.Errorf("found %d, ended %d", reply.Found, reply.Ended), "Impossible numbers in ControlReply.")
	}
	if r.err != nil {
		return ControlReply{}, r.err
	}
	return reply, nil
}
