package signalr

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/signalmesh/signalmesh/signalr/protocol"
)

// answer takes a client's answer. It reports false if the connection ends,
// because it answered what another one was asked.
//
// An answer for another server is published before the next message is read: a
// busy backplane holds up who makes use of it.
func (c *connection) answer(p protocol.Protocol, m protocol.Completion) bool {
	if err := c.hub.questions.answered(c.id, p, m); err != nil {
		c.log().Warn("answer to a question for another connection", "err", err)
		c.fail(err)
		return false
	}
	return true
}

// relay puts the question of another server to a connection of this one. The
// answer goes back as it comes: only who asked knows its type.
func (h *Hub) relay(from, connectionID string, e protocol.Envelope) error {
	if !strings.HasPrefix(e.ReturnChannel, h.returnChannel("")) {
		return fmt.Errorf("return channel %q is none of hub %q", e.ReturnChannel, h.name)
	}
	// Whose answer this is may be gone, so its protocol is not of importance.
	refuse := func(text string) {
		h.later(from, connectionID, func() {
			h.giveBack(e.ReturnChannel, h.server.protocols[0], failedAnswer(e.InvocationID, text))
		})
	}
	c := h.registry.connection(connectionID)
	if c == nil {
		refuse(disconnectedElsewhere)
		return nil
	}
	q := &question{
		connection: connectionID,
		server:     from,
		answer: func(p protocol.Protocol, m protocol.Completion) {
			h.giveBack(e.ReturnChannel, p, m)
		},
	}
	err := h.questions.addUntil(c.ctx, e.InvocationID, q, c.hub.options.MaxClientResults, func() { refuse(disconnectedElsewhere) })
	switch err {
	case nil:
	case errUnanswered:
		refuse(h.limited("client_results", err).Error())
		return nil
	default:
		refuse(fmt.Sprintf("Invocation ID '%s' is already in use.", e.InvocationID))
		return nil
	}
	c.deliver(receivedMessage(h.server.protocols, &e))
	return nil
}

// giveBack publishes an answer for the server that asked, or, if it cannot be
// published, that there is none.
func (h *Hub) giveBack(channel string, p protocol.Protocol, m protocol.Completion) {
	err := h.publishReturn(channel, p, m)
	if err != nil && m.HasResult {
		err = errors.Join(err, h.publishReturn(channel, p, failedAnswer(m.InvocationID,
			"The client's result could not be passed on to the server that asked for it.")))
	}
	if err != nil {
		h.server.log.Warn("answer of a client not passed on", "hub", h.path, "channel", channel, "err", err)
	}
}

// forsake forgets what a server asked that left. It is told all the same: it may
// have been taken for dead, and come back.
func (h *Hub) forsake(server string) {
	forgotten := h.questions.left(server)
	if len(forgotten) == 0 {
		return
	}
	h.later(server, server, func() {
		for id, q := range forgotten {
			q.answer(h.server.protocols[0], failedAnswer(id, disconnectedElsewhere))
		}
	})
}

func failedAnswer(invocationID, text string) protocol.Completion {
	return protocol.Completion{InvocationID: invocationID, Failed: true, Error: text}
}

func (h *Hub) publishReturn(channel string, p protocol.Protocol, m protocol.Completion) error {
	frame, err := p.Append(nil, m)
	if err != nil {
		return fmt.Errorf("encode answer for %s: %w", p.Name(), err)
	}
	ctx, cancel := context.WithTimeout(h.server.ctx, h.server.options.SendTimeout)
	defer cancel()
	data := protocol.AppendReturn(nil, protocol.Encoding{Protocol: p.Name(), Frame: frame})
	_, err = h.server.options.Backplane.Publish(ctx, channel, data)
	return err
}

// returned takes an answer that another server gives back.
func (h *Hub) returned(data []byte) error {
	e, err := protocol.ParseReturn(data)
	if err != nil {
		return err
	}
	for _, p := range h.server.protocols {
		if p.Name() != e.Protocol {
			continue
		}
		m, err := completionIn(p, e.Frame)
		if err == nil {
			h.questions.returned(p, m)
		}
		return err
	}
	return fmt.Errorf("answer in protocol %q, which is not spoken here", e.Protocol)
}

// completionIn reads a frame that is to hold one Completion.
func completionIn(p protocol.Protocol, frame []byte) (protocol.Completion, error) {
	body, rest, err := p.Split(frame, 0)
	if err != nil {
		return protocol.Completion{}, err
	}
	if body == nil || len(rest) > 0 {
		return protocol.Completion{}, fmt.Errorf("answer of %d bytes is not one whole message", len(frame))
	}
	m, err := p.Parse(body)
	if err != nil {
		return protocol.Completion{}, err
	}
	completion, ok := m.(protocol.Completion)
	if !ok {
		return protocol.Completion{}, fmt.Errorf("answer is a %T, not a Completion", m)
	}
	return completion, nil
}
