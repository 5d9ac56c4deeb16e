package aspnettest

import (
	"context"
	"time"

	"github.com/signalmesh/signalmesh/signalr/protocol"
)

// ackTimeout is how long a group change elsewhere may take: .NET looks every 5 s for
// those older than 30 s.
const ackTimeout = 30 * time.Second

// AddToGroup makes a connection, on any server, a member of a group.
func (s *Server) AddToGroup(ctx context.Context, id, group string) error {
	return s.change(ctx, protocol.GroupAdd, id, group)
}

// RemoveFromGroup ends the membership of a connection on any server.
func (s *Server) RemoveFromGroup(ctx context.Context, id, group string) error {
	return s.change(ctx, protocol.GroupRemove, id, group)
}

func (s *Server) change(ctx context.Context, action protocol.GroupAction, id, group string) error {
	if c := s.client(id); c != nil {
		return s.changeHere(ctx, action, c, group)
	}
	acked := make(chan struct{})
	s.mu.Lock()
	s.lastAck++
	number := s.lastAck
	s.acks[number] = acked
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.acks, number)
	}()
	_, err := s.publish(protocol.GroupsChannel(s.o.Hub), protocol.AppendGroupCommand(nil, protocol.GroupCommand{
		ID: number, Server: s.name, Action: action, Group: group, ConnectionID: id,
	}))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, ackTimeout)
	defer cancel()
	select {
	case <-acked:
		return nil
	case <-ctx.Done():
		return &Exception{"TaskCanceledException", "A task was canceled."}
	}
}

func (s *Server) changeHere(ctx context.Context, action protocol.GroupAction, c *Client, group string) error {
	s.groupLock.Lock()
	defer s.groupLock.Unlock()
	channel := protocol.GroupChannel(s.o.Hub, group)
	if action == protocol.GroupRemove {
		s.leave(s.groups, group, c, channel)
		return nil
	}
	return s.enter(ctx, s.groups, group, c, channel, func(data []byte) error {
		return s.receive(s.members(s.groups, group), data, true)
	})
}

// obey does what a group command says, if it is for a connection here, and then
// acknowledges it.
func (s *Server) obey(data []byte) error {
	command, err := protocol.ParseGroupCommand(data)
	if err != nil {
		return err
	}
	c := s.client(command.ConnectionID)
	if c == nil {
		return nil
	}
	if err := s.changeHere(s.ctx, command.Action, c, command.Group); err != nil {
		return err
	}
	_, err = s.publish(protocol.AckChannel(s.o.Hub, command.Server), protocol.AppendAck(nil, command.ID))
	return err
}

func (s *Server) acknowledged(data []byte) error {
	id, err := protocol.ParseAck(data)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if acked := s.acks[id]; acked != nil {
		close(acked)
		delete(s.acks, id)
	}
	return nil
}
