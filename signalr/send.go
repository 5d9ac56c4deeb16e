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
	m, err := newMessage(h.server, h.wanted(), method, args)
	if err != nil {
		return h.notSent(err)
	}
	channels := h.channels(a)
	payload, err := h.payload(m, a.except, channels)
	if err != nil {
		return h.notSent(err)
	}
	if a.kind == toAll {
		h.registry.deliver(m, toAll, "", a.except)
	}
	for _, name := range a.names {
		if name != "" {
			h.registry.deliver(m, a.kind, name, a.except)
		}
	}
	return h.publish(ctx, method, payload, channels)
}

// notSent returns the error of a send that failed before delivery.
func (h *Hub) notSent(err error) error {
	if wraps(err, ErrTooLarge) {
		h.server.metrics.limited.WithLabelValues("message_size").Inc()
	}
	return fmt.Errorf("signalr: send: %w", err)
}

// channels returns the channels of an audience of the hub, groups or users. Empty
// names have none.
func (h *Hub) channels(a audience) (channels []string) {
	if a.kind == toAll {
		return []string{h.allChannel()}
	}
	for _, name := range a.names {
		switch {
		case name == "":
		case a.kind == toGroups:
			channels = append(channels, h.groupChannel(name))
		default:
			channels = append(channels, h.userChannel(name))
		}
	}
	return channels
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
	m, err := newMessage(h.server, wanted, method, args)
	if err != nil {
		return h.notSent(err)
	}
	payload, err := h.payload(m, nil, channels)
	if err != nil {
		return h.notSent(err)
	}
	for _, c := range here {
		c.deliver(m)
	}
	return h.publish(ctx, method, payload, channels)
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

// envelopeRoom is how many bytes of a message to other servers are reserved for names
// of protocols and of excluded connections.
const envelopeRoom = 512 << 10

// payload returns m as it goes to the other servers, or nil if it goes to none.
func (h *Hub) payload(m *message, except, channels []string) ([]byte, error) {
	if h.server.options.Backplane == nil || len(channels) == 0 {
		return nil, nil
	}
	envelope, err := m.envelope(except)
	if err != nil {
		return nil, err
	}
	payload := protocol.AppendEnvelope(nil, envelope)
	if limit := 2*m.limit + envelopeRoom; len(payload) > limit {
		return nil, fmt.Errorf("%w: %q excludes %d connections, and their names take it to %d bytes; a backplane carries %d",
			ErrTooLarge, m.invocation.Target, len(except), len(payload), limit)
	}
	return payload, nil
}

// publish offers payload to the other servers on each of the channels.
func (h *Hub) publish(ctx context.Context, method string, payload []byte, channels []string) error {
	if payload == nil {
		return nil
	}
	var errs []error
	reached := 0
	for i, channel := range channels {
		data := payload
		if i > 0 { // the backplane owns what it was given
			data = bytes.Clone(payload)
		}
		servers, err := h.server.options.Backplane.Publish(ctx, channel, data)
		if err != nil {
			h.server.log.Warn("failed writing message", "hub", h.path, "channel", channel, "err", err)
			errs = append(errs, fmt.Errorf("publish to %q: %w", channel, err))
		}
		reached += servers
	}
	switch {
	case len(errs) > 0 && h.sendOnly:
		return fmt.Errorf("signalr: send %q: %w", method, errors.Join(errs...))
	case len(errs) > 0:
		return fmt.Errorf("signalr: send %q: %w: %w", method, ErrLocalOnly, errors.Join(errs...))
	case h.sendOnly && reached == 0:
		return h.somebodyHasIt(ctx, method)
	}
	return nil
}

func (k audienceKind) String() string {
	return [...]string{toAll: "hub", toConnections: "connection", toGroups: "group", toUsers: "user"}[k]
}
