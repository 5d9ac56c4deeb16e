package signalr

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/signalmesh/signalmesh/signalr/protocol"
)

const (
	// maxHandshakeSize is the length in bytes of the longest handshake request.
	maxHandshakeSize = 32 << 10
	// maxVersion is the highest version of the hub protocols.
	maxVersion = 2

	handshakeCanceled = "Handshake was canceled."
	handshakeFailed   = "An unexpected error occurred during connection handshake."
	notText           = "Cannot use the '%s' protocol on the current transport. The transport does not support 'Binary' transfer format."
)

// shakeHands takes the client's handshake request and answers it. It reports
// false if the connection is ending instead. What follows the request is left
// in the intake.
func (c *connection) shakeHands(in *intake) bool {
	for {
		if err := in.receive(c.transport); err != nil {
			c.server.metrics.handshakeFailures.Inc()
			c.end(ending{gone: true})
			return false
		}
		request, rest, complete, err := protocol.ParseHandshake(in.buf, maxHandshakeSize)
		if err == nil && !complete {
			continue
		}
		index, refusal := c.hub.judge(request, err)
		if refusal == "" && c.transport.traits().textOnly && c.server.protocols[index].Binary() {
			refusal = fmt.Sprintf(notText, request.Protocol)
		}
		if refusal != "" {
			c.refuse(refusal)
			return false
		}
		in.advance(rest)
		return c.accept(index, request.Version)
	}
}

// judge picks the protocol that a client asks for, or says why not. Err is that
// of reading the request.
func (h *Hub) judge(request protocol.HandshakeRequest, err error) (index int, refusal string) {
	if _, large := errors.AsType[*protocol.TooLargeError](err); large {
		return 0, handshakeCanceled
	}
	if err != nil {
		return 0, describe(handshakeFailed, invalidData(err.Error(), err), h.options.DetailedErrors)
	}
	for i, p := range h.server.protocols {
		if !strings.EqualFold(p.Name(), request.Protocol) {
			continue
		}
		if request.Version > maxVersion {
			return 0, fmt.Sprintf("The server does not support version %d of the '%s' protocol.", request.Version, request.Protocol)
		}
		return i, ""
	}
	return 0, fmt.Sprintf("The protocol '%s' is not supported.", request.Protocol)
}

// refuse answers the handshake with an error and ends the connection.
func (c *connection) refuse(text string) {
	c.server.metrics.handshakeFailures.Inc()
	c.log().Debug("handshake refused", "err", text)
	c.send(protocol.AppendHandshakeResponse(nil, text))
	c.end(ending{silent: true})
}

// accept fixes the connection's protocol and user and answers the handshake. It
// reports false if the connection is ending already.
func (c *connection) accept(index, version int) bool {
	user, err := c.userID()
	if err != nil {
		c.refuse(handshakeFailed)
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ending.Load() != nil {
		return false
	}
	c.accepted = true
	c.protocol = index
	c.user = user
	c.link = c.linked(version)
	c.liveness.established(time.Now())
	if c.server.protocols[index].Binary() {
		c.transport.setBinary()
	}
	c.outbox.put(protocol.AppendHandshakeResponse(nil, "")) // it is empty, so there is room
	return true
}
