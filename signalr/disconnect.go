package signalr

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/signalmesh/signalmesh/signalr/protocol"
)

// Disconnect ends a connection, on any server, as Call.Abort does. When it has
// returned, what is sent to the connection goes nowhere and nothing that comes
// from it is looked at any more; its OnDisconnected and hub methods that it
// called may still run. The error is ErrNoConnection if no server has the
// connection. One that goes away meanwhile, with its server or without, has been
// disconnected.
//
// Ctx and Options.GroupTimeout limit how long it may wait for another server.
func (h *Hub) Disconnect(ctx context.Context, connectionID string) error {
	if err := h.usable(ctx, "disconnect"); err != nil {
		return err
	}
	if connectionID == "" {
		return errors.New("signalr: disconnect: the connection ID is empty")
	}
	if c := h.registry.connection(connectionID); c != nil {
		c.abort()
		return nil
	}
	existed, _, err := h.command(ctx, protocol.DisconnectConnection, connectionID, h.connectionChannel(connectionID))
	if err != nil {
		return fmt.Errorf("signalr: disconnect %q: %w", connectionID, err)
	}
	if !existed {
		return &noConnection{id: connectionID}
	}
	return nil
}

// DisconnectUser ends all connections of a user to this hub, on all servers, as
// Disconnect does, and returns how many it ended. Those on a server that dies
// meanwhile are gone but may not be counted. A connection that the user opens
// meanwhile may stay. With an error, connections may have been ended all the
// same; n are known to.
func (h *Hub) DisconnectUser(ctx context.Context, userID string) (n int, err error) {
	if err := h.usable(ctx, "disconnect user"); err != nil {
		return 0, err
	}
	if userID == "" {
		return 0, errors.New("signalr: disconnect user: the user ID is empty")
	}
	_, here := abortAll(h.registry.user(userID))
	_, elsewhere, err := h.command(ctx, protocol.DisconnectUser, userID, h.userChannel(userID))
	if err != nil {
		err = fmt.Errorf("signalr: disconnect user %q: %w", userID, err)
	}
	return here + elsewhere, err
}

// command has the other servers carry a control command out, and waits until all
// have. Existed tells whether a server had what is subscribed to channel, and
// ended how many connections were ended.
//
// When a server leaves, it is not known whether it was one of those that had to
// reply; nor is it known of one that only might want the command, and will not
// reply. So the command is sent again, then and from time to time: it does no
// harm, and who is there replies.
func (h *Hub) command(ctx context.Context, action protocol.ControlAction, name, channel string) (existed bool, ended int, err error) {
	s := h.server
	backplane := s.options.Backplane
	if backplane == nil {
		return false, 0, nil
	}
	ctx, cancel := context.WithTimeout(ctx, s.options.GroupTimeout)
	defer cancel()
	t := newTally()
	defer h.controls.end(t)
	for {
		departed := s.departures.next()
		servers, err := backplane.Subscribers(ctx, channel)
		if err != nil || servers == 0 {
			_, _, ended := h.controls.read(t)
			return existed, ended, err
		}
		existed = true
		round := h.controls.begin(t)
		command := protocol.ControlCommand{ID: round, Server: backplane.Self(), Action: action, Name: name}
		sent, err := backplane.Publish(ctx, h.controlChannel(), protocol.AppendControlCommand(nil, command))
		if err != nil {
			s.log.Warn("failed writing message", "hub", h.path, "channel", h.controlChannel(), "err", err)
			_, _, ended := h.controls.read(t)
			return true, ended, err
		}
		h.controls.sent(t, round, sent)
		done, err := h.awaitReplies(ctx, t, departed, action == protocol.DisconnectConnection)
		if done || err != nil {
			_, _, ended := h.controls.read(t)
			return true, ended, err
		}
	}
}

// awaitReplies waits until all have replied, or, if one find is enough, until
// there is one. It returns false if it is time to look again.
func (h *Hub) awaitReplies(ctx context.Context, t *tally, departed <-chan struct{}, oneIsEnough bool) (bool, error) {
	recheck := time.NewTimer(recheckInterval)
	defer recheck.Stop()
	for {
		if complete, found, _ := h.controls.read(t); complete || oneIsEnough && found > 0 {
			return true, nil
		}
		select {
		case <-t.changed:
		case <-departed:
			return false, nil
		case <-recheck.C:
			return false, nil
		case <-ctx.Done():
			return false, ctx.Err()
		case <-h.server.ctx.Done():
			return false, ErrServerClosed
		}
	}
}

// control carries out a control command of another server. Ending connections
// does not wait; replying does.
func (r route) control(data []byte) error {
	command, err := protocol.ParseControlCommand(data)
	if err != nil {
		return err
	}
	var connections []*connection
	switch command.Action {
	case protocol.DisconnectConnection:
		if c := r.hub.registry.connection(command.Name); c != nil {
			connections = []*connection{c}
		}
	case protocol.DisconnectUser:
		connections = r.hub.registry.user(command.Name)
	default:
		return nil // of a newer server, which had better not take it for done
	}
	found, ended := abortAll(connections)
	reply := protocol.ControlReply{ID: command.ID, Found: int32(found), Ended: int32(ended)}
	r.hub.later(command.Server, command.Name, func() { r.hub.reply(command.Server, reply) })
	return nil
}

// reply replies to a control command of server.
func (h *Hub) reply(server string, reply protocol.ControlReply) {
	ctx, cancel := context.WithTimeout(h.server.ctx, h.server.options.GroupTimeout)
	defer cancel()
	_, err := h.server.options.Backplane.Publish(ctx, h.controlReplyChannel(server), protocol.AppendControlReply(nil, reply))
	if err != nil {
		h.server.log.Warn("control command not replied to", "hub", h.path, "server", server, "err", err)
	}
}

// abortAll ends connections. Ended are those that were not ending already.
func abortAll(connections []*connection) (found, ended int) {
	for _, c := range connections {
		if c.abort() {
			ended++
		}
	}
	return len(connections), ended
}
