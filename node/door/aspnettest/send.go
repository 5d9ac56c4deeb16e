package aspnettest

import (
	"context"
	"errors"

	"github.com/signalmesh/signalmesh/signalr/protocol"
)

// encode encodes an invocation for every protocol, for all but those excluded.
func (s *Server) encode(id, method string, args, excluded []string) (protocol.Envelope, error) {
	m := protocol.Invocation{InvocationID: id, Target: method}
	for _, a := range args {
		m.Arguments = append(m.Arguments, a)
	}
	e := protocol.Envelope{Excluded: excluded}
	for _, p := range s.o.Protocols {
		frame, err := p.Append(nil, m)
		if err != nil {
			return e, err
		}
		e.Encodings = append(e.Encodings, protocol.Encoding{Protocol: p.Name(), Frame: frame})
	}
	return e, nil
}

// send publishes one payload to several channels.
func (s *Server) send(ctx context.Context, channels []string, method, text string, excluded ...string) error {
	e, err := s.encode("", method, []string{text}, excluded)
	if err != nil {
		return err
	}
	data := protocol.AppendEnvelope(nil, e)
	var errs []error
	for _, c := range channels {
		_, err := s.publish(c, data)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// SendAll sends to all connections but those excluded.
func (s *Server) SendAll(ctx context.Context, method, text string, excluded ...string) error {
	return s.send(ctx, []string{protocol.AllChannel(s.o.Hub)}, method, text, excluded...)
}

// SendConnection sends to one connection: directly, if it is here.
func (s *Server) SendConnection(ctx context.Context, id, method, text string) error {
	if id == "" {
		return errors.New("connectionId is null")
	}
	c := s.client(id)
	if c == nil {
		return s.SendConnections(ctx, []string{id}, method, text)
	}
	e, err := s.encode("", method, []string{text}, nil)
	if err != nil {
		return err
	}
	return c.write(e.Frame(c.protocol.Name()))
}

// SendConnections sends to each connection listed, through Redis.
func (s *Server) SendConnections(ctx context.Context, ids []string, method, text string) error {
	return s.sendEach(ctx, ids, protocol.ConnectionChannel, method, text)
}

// SendGroup sends to the members of a group but those excluded.
func (s *Server) SendGroup(ctx context.Context, group, method, text string, excluded ...string) error {
	if group == "" {
		return errors.New("groupName is null")
	}
	return s.send(ctx, []string{protocol.GroupChannel(s.o.Hub, group)}, method, text, excluded...)
}

// SendGroups sends to the members of each group listed.
func (s *Server) SendGroups(ctx context.Context, groups []string, method, text string) error {
	return s.sendEach(ctx, groups, protocol.GroupChannel, method, text)
}

// SendUser sends to the connections of a user.
func (s *Server) SendUser(ctx context.Context, user, method, text string) error {
	return s.send(ctx, []string{protocol.UserChannel(s.o.Hub, user)}, method, text)
}

// SendUsers sends to the connections of each user listed.
func (s *Server) SendUsers(ctx context.Context, users []string, method, text string) error {
	return s.sendEach(ctx, users, protocol.UserChannel, method, text)
}

// sendEach sends to the channel of each name that is not empty.
func (s *Server) sendEach(ctx context.Context, names []string, channel func(hub, name string) string, method, text string) error {
	var channels []string
	for _, n := range names {
		if n != "" {
			channels = append(channels, channel(s.o.Hub, n))
		}
	}
	return s.send(ctx, channels, method, text)
}
