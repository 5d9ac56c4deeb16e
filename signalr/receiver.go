package signalr

import (
	"context"
	"fmt"

	"github.com/signalmesh/signalmesh/signalr/protocol"
)

// join attaches the server to its backplane, if it has one.
func (s *Server) join() error {
	backplane := s.options.Backplane
	if backplane == nil {
		return nil
	}
	detach, err := backplane.Attach(receiver{s})
	if err != nil {
		return fmt.Errorf("signalr: attach to backplane: %w", err)
	}
	s.detach = detach
	for _, queue := range s.commands.queues {
		s.tasks.Go(func() { s.work(queue) })
	}
	s.obeying = true
	ctx, cancel := context.WithTimeout(s.ctx, s.options.GroupTimeout)
	defer cancel()
	for _, h := range s.hubs {
		for _, core := range []struct {
			channel string
			kind    routeKind
		}{
			{h.allChannel(), routeAll},
			{h.commandChannel(), routeCommands},
			{h.ackChannel(backplane.Self()), routeAcks},
			{h.returnChannel(backplane.Self()), routeReturns},
			{h.controlChannel(), routeControl},
			{h.controlReplyChannel(backplane.Self()), routeControlReplies},
		} {
			if err := s.subscriptions.acquire(ctx, core.channel, route{hub: h, kind: core.kind}); err != nil {
				return fmt.Errorf("signalr: subscribe to %q: %w", core.channel, err)
			}
			s.core = append(s.core, core.channel)
		}
	}
	return nil
}

// part ends what join began.
func (s *Server) part() {
	for _, channel := range s.core {
		s.subscriptions.release(channel)
	}
	s.detach()
}

// A receiver takes what other servers send. Nothing in it waits: frames go into
// outboxes, and commands into a queue.
type receiver struct{ server *Server }

var _ Receiver = receiver{}

func (r receiver) Receive(from, channel string, data []byte) {
	route, wanted := r.server.subscriptions.route(channel)
	if !wanted {
		return // it was on its way when the subscription ended
	}
	if err := route.receive(from, data); err != nil {
		r.server.metrics.malformed.Inc()
		r.server.log.Warn("message from another server dropped", "server", from, "channel", channel, "err", err)
	}
}

func (r receiver) Left(server string) {
	r.server.log.Debug("server left", "server", server)
	for _, h := range r.server.hubs {
		h.forsake(server)
	}
	r.server.departures.left()
}

func (r receiver) Gap(from string, lost uint64) {
	r.server.metrics.gaps.Add(float64(lost))
	r.server.log.Warn("messages from another server are lost", "server", from, "lost", lost)
}

// receive acts on what came to the route's channel.
func (r route) receive(from string, data []byte) error {
	switch r.kind {
	case routeAll:
		return r.deliver(data, toAll)
	case routeConnection:
		return r.deliverOne(from, data)
	case routeGroup:
		return r.deliver(data, toGroups)
	case routeUser:
		return r.deliver(data, toUsers)
	case routeCommands:
		return r.command(data)
	case routeAcks:
		id, err := protocol.ParseAck(data)
		if err != nil {
			return err
		}
		r.hub.acks.acknowledge(id)
	case routeReturns:
		return r.hub.returned(data)
	case routeControl:
		return r.control(data)
	case routeControlReplies:
		reply, err := protocol.ParseControlReply(data)
		if err != nil {
			return err
		}
		r.hub.controls.reply(reply)
	}
	return nil
}

// deliver writes the frames in an envelope to the connections they are for.
func (r route) deliver(data []byte, kind audienceKind) error {
	envelope, err := protocol.ParseEnvelope(data)
	if err != nil {
		return err
	}
	r.deliverEnvelope(envelope, kind)
	return nil
}

func (r route) deliverEnvelope(envelope protocol.Envelope, kind audienceKind) {
	m := receivedMessage(r.hub.server.protocols, &envelope)
	r.hub.registry.deliver(m, kind, r.name, envelope.Excluded)
}

// deliverOne is deliver to one connection, which may be asked for a result.
func (r route) deliverOne(from string, data []byte) error {
	envelope, err := protocol.ParseEnvelope(data)
	if err != nil {
		return err
	}
	if envelope.InvocationID != "" {
		return r.hub.relay(from, r.name, envelope)
	}
	r.deliverEnvelope(envelope, toConnections)
	return nil
}

// command queues a group command, if it is for a connection here.
func (r route) command(data []byte) error {
	parsed, err := protocol.ParseGroupCommand(data)
	if err != nil {
		return err
	}
	c := r.hub.registry.connection(parsed.ConnectionID)
	if c == nil {
		return nil // it is another server's, or gone
	}
	r.hub.later(parsed.Server, parsed.ConnectionID, func() {
		r.hub.server.obey(command{hub: r.hub, connection: c, GroupCommand: parsed})
	})
	return nil
}

// later queues what a receiver must not wait for, or refuses it. The key is as
// in commands.offer; server is who asked for it.
func (h *Hub) later(server, key string, job func()) {
	if !h.server.commands.offer(key, job) {
		h.server.metrics.refused.Inc()
		h.server.log.Warn("command refused: too many wait", "server", server, "hub", h.path)
	}
}
