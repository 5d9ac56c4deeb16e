package aspnettest

import (
	"errors"
	"slices"

	"github.com/signalmesh/signalmesh/signalr/protocol"
)

// receiveAll takes what is for all connections.
func (s *Server) receiveAll(data []byte) error {
	s.mu.Lock()
	var all []*Client
	for _, c := range s.clients {
		all = append(all, c)
	}
	s.mu.Unlock()
	return s.receive(all, data, true)
}

// receive writes an envelope to clients, but, if exclusions count, to those excluded.
// One that fails does not keep it from the others.
func (s *Server) receive(clients []*Client, data []byte, exclude bool) error {
	e, err := protocol.ParseEnvelope(data)
	if err != nil {
		return err
	}
	var errs []error
	for _, c := range clients {
		if !exclude || !slices.Contains(e.Excluded, c.ID) {
			errs = append(errs, c.write(e.Frame(c.protocol.Name())))
		}
	}
	return errors.Join(errs...)
}

// receiveOne takes what is for one connection, which may be asked for a result.
func (s *Server) receiveOne(c *Client, data []byte) error {
	e, err := protocol.ParseEnvelope(data)
	if err != nil {
		return err
	}
	if e.InvocationID != "" {
		s.relay(c, e)
	}
	return c.write(e.Frame(c.protocol.Name()))
}
