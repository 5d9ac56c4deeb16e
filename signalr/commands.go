package signalr

import (
	"context"
	"errors"
	"hash/maphash"
	"log/slog"
	"time"

	"github.com/signalmesh/signalmesh/signalr/protocol"
)

const (
	// commandWorkers is how many commands of other servers run at a time.
	commandWorkers = 4
	// commandQueue is how many more wait for each worker. With the queue full a
	// command is refused: the server that sent it gets no answer and times out.
	commandQueue = 1 << 10
	// recheckInterval is how often who waits for a command looks whether the
	// connection still exists.
	recheckInterval = time.Second
)

// changeGroupElsewhere asks the server that has the connection to change its
// membership, and waits for its acknowledgement. Ctx has a deadline.
func (h *Hub) changeGroupElsewhere(ctx context.Context, connectionID, group string, add bool) error {
	s := h.server
	backplane := s.options.Backplane
	if backplane == nil {
		return &noConnection{id: connectionID}
	}
	// The acknowledgement may come before Publish returns.
	id, acked := h.acks.expect()
	defer h.acks.forget(id)
	command := protocol.GroupCommand{
		ID: id, Server: backplane.Self(), Action: protocol.GroupRemove,
		Group: group, ConnectionID: connectionID,
	}
	if add {
		command.Action = protocol.GroupAdd
	}
	recheck := time.NewTicker(recheckInterval)
	defer recheck.Stop()
	for published := false; ; {
		departed := s.departures.next()
		// The server that has a connection is the one subscribed to its channel.
		servers, err := backplane.Subscribers(ctx, h.connectionChannel(connectionID))
		switch {
		case err != nil:
			return err
		case servers == 0:
			select {
			case <-acked: // it went right after
				return nil
			default:
				return &noConnection{id: connectionID}
			}
		}
		if !published {
			if _, err := backplane.Publish(ctx, h.commandChannel(), protocol.AppendGroupCommand(nil, command)); err != nil {
				s.log.Warn("failed writing message", "hub", h.path, "channel", h.commandChannel(), "err", err)
				return err
			}
			published = true
		}
		select {
		case <-acked:
			return nil
		case <-departed:
		case <-recheck.C:
		case <-ctx.Done():
			return ctx.Err()
		case <-s.ctx.Done():
			return ErrServerClosed
		}
	}
}

// A command is a group command for a connection here.
type command struct {
	hub        *Hub
	connection *connection
	protocol.GroupCommand
}

// commands run what other servers ask for and a receiver must not wait for:
// group and control commands, and answers. What has one key runs in order.
type commands struct {
	seed   maphash.Seed
	queues [commandWorkers]chan func()
}

func newCommands() *commands {
	cs := &commands{seed: maphash.MakeSeed()}
	for i := range cs.queues {
		cs.queues[i] = make(chan func(), commandQueue)
	}
	return cs
}

// offer queues a job. It does not wait, and reports false if there is no room.
func (cs *commands) offer(key string, job func()) bool {
	select {
	case cs.queues[maphash.String(cs.seed, key)%commandWorkers] <- job:
		return true
	default:
		return false
	}
}

// work runs the jobs of one queue until the server closes.
func (s *Server) work(queue <-chan func()) {
	for {
		select {
		case job := <-queue:
			job()
		case <-s.ctx.Done():
			return
		}
	}
}

// obey runs a command and acknowledges it. There are no negative answers: who
// sent it looks for itself whether the connection is gone, or times out.
func (s *Server) obey(c command) {
	ctx, cancel := context.WithTimeout(s.ctx, s.options.GroupTimeout)
	defer cancel()
	log := c.connection.log().With("group", c.Group, "server", c.Server)
	if c.Action == protocol.GroupAdd {
		if err := c.hub.join(ctx, c.connection, c.Group); err != nil {
			level := slog.LevelWarn
			if errors.Is(err, ErrLimit) { // which is counted, and logged once
				level = slog.LevelDebug
			}
			log.Log(ctx, level, "group command failed", "err", err)
			return
		}
	} else {
		c.hub.leave(c.connection, c.Group)
	}
	_, err := s.options.Backplane.Publish(ctx, c.hub.ackChannel(c.Server), protocol.AppendAck(nil, c.ID))
	if err != nil {
		log.Warn("group command not acknowledged", "err", err)
	}
}
