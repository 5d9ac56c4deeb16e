package signalr

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/signalmesh/signalmesh/signalr/protocol"
)

// send sends an invocation to an audience: to the connections here at once, and
// then to the other servers.
func (h *Hub) send(ctx context.Context, a audience, method string, args []any) error {
	if !h.server.sends() {
		return ErrServerClosed
	}
	if method == "" {
		return errors.New("signalr: send: the name of the client's method is empty")
	}
	if a.strict && a.names[0] == "" {
		return fmt.Errorf("signalr: send %q: the name of the %s is empty", method, a.kind)
	}
	if a.kind == toConnections {
		return h.sendConnections(ctx, a.names, method, args)
	}
	m, err := newMessage(h.server.protocols, h.wanted(), method, args)
	if err != nil {
		return fmt.Errorf("signalr: send: %w", err)
	}
	if a.kind == toAll {
		h.registry.deliver(m, toAll, "", a.except)
		return h.publish(ctx, m, a.except, []string{h.allChannel()})
	}
	var channels []string
	for _, name := range a.names {
		if name == "" {
			continue
		}
		h.registry.deliver(m, a.kind, name, a.except)
		if a.kind == toGroups {
			channels = append(channels, h.groupChannel(name))
		} else {
			channels = append(channels, h.userChannel(name))
		}
	}
	return h.publish(ctx, m, a.except, channels)
}

// sendConnections sends to the connections named. Those here get it directly:
// the backplane has no part in that.
func (h *Hub) sendConnections(ctx context.Context, ids []string, method string, args []any) error {
	var here []*connection
	var channels []string
	wanted := make([]bool, len(h.server.protocols))
	for _, id := range ids {
		if id == "" {
			continue
		}
		if c := h.registry.connection(id); c != nil {
			here = append(here, c)
			wanted[c.protocol] = true
		} else {
			channels = append(channels, h.connectionChannel(id))
		}
	}
	if len(channels) > 0 {
		wanted = h.wanted()
	}
	m, err := newMessage(h.server.protocols, wanted, method, args)
	if err != nil {
		return fmt.Errorf("signalr: send: %w", err)
	}
	for _, c := range here {
		c.deliver(m)
	}
	return h.publish(ctx, m, nil, channels)
}

// wanted says in which protocols a message is needed: in all for the other
// servers, which do not encode; alone, in those that connections speak.
func (h *Hub) wanted() []bool {
	wanted := h.registry.spoken()
	for i := range wanted {
		wanted[i] = wanted[i] || h.server.options.Backplane != nil
	}
	return wanted
}

// publish offers m to the other servers on each of the channels.
func (h *Hub) publish(ctx context.Context, m *message, except, channels []string) error {
	backplane := h.server.options.Backplane
	if backplane == nil || len(channels) == 0 {
		return nil
	}
	envelope, err := m.envelope(except)
	if err != nil {
		return fmt.Errorf("signalr: send: %w", err)
	}
	payload := protocol.AppendEnvelope(nil, envelope)
	var errs []error
	for i, channel := range channels {
		data := payload
		if i > 0 { // the backplane owns what it was given
			data = bytes.Clone(payload)
		}
		if _, err := backplane.Publish(ctx, channel, data); err != nil {
			h.server.log.Warn("failed writing message", "hub", h.path, "channel", channel, "err", err)
			errs = append(errs, fmt.Errorf("signalr: send: publish to %q: %w", channel, err))
		}
	}
	return errors.Join(errs...)
}

func (k audienceKind) String() string {
	return [...]string{toAll: "hub", toConnections: "connection", toGroups: "group", toUsers: "user"}[k]
}
