package signalr

import (
	"context"
	"errors"
	"fmt"
)

// enter makes a connection reachable, by its ID and its user, from every server.
// If it fails exit undoes what was done.
func (h *Hub) enter(c *connection) error {
	h.registry.add(c)
	if h.server.options.Backplane == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(c.ctx, h.server.options.GroupTimeout)
	defer cancel()
	hold := func(channel string, kind routeKind, name string) error {
		if err := h.server.subscriptions.acquire(ctx, channel, route{hub: h, kind: kind, name: name}); err != nil {
			return fmt.Errorf("subscribe to %q: %w", channel, err)
		}
		c.held = append(c.held, channel)
		return nil
	}
	if err := hold(h.connectionChannel(c.id), routeConnection, c.id); err != nil {
		return err
	}
	if c.user == "" {
		return nil
	}
	return hold(h.userChannel(c.user), routeUser, c.user)
}

// exit forgets a connection, however far enter and the joins of groups got.
func (h *Hub) exit(c *connection) {
	for _, group := range h.registry.remove(c) {
		h.server.subscriptions.release(h.groupChannel(group))
	}
	for _, channel := range c.held {
		h.server.subscriptions.release(channel)
	}
	c.held = nil
}

// join makes a connection of this server a member of a group, and returns when
// sends from every server reach it there.
func (h *Hub) join(ctx context.Context, c *connection, group string) error {
	if err := h.mayJoin(c, group); err != nil {
		return err
	}
	channel := h.groupChannel(group)
	r := route{hub: h, kind: routeGroup, name: group}
	// Each membership needs the channel once, so that the last one to end
	// unsubscribes.
	if err := h.server.subscriptions.acquire(ctx, channel, r); err != nil {
		if errors.Is(err, ErrLimit) {
			return h.limited("group_bytes", err)
		}
		return fmt.Errorf("subscribe to %q: %w", channel, err)
	}
	joined, err := h.registry.join(c, group)
	if !joined {
		h.server.subscriptions.release(channel)
	}
	return h.limited("groups", err)
}

// mayJoin returns an error if the name of a group is too long, or the connection is in
// too many.
func (h *Hub) mayJoin(c *connection, group string) error {
	if err := h.nameFits(group, true); err != nil {
		return err
	}
	return h.limited("groups", h.registry.room(c, group))
}

// nameFits returns an error if the name of a group to be joined is too long.
func (h *Hub) nameFits(group string, add bool) error {
	limit := h.options.MaxGroupName
	if !add || len(group) <= limit {
		return nil
	}
	return h.limited("group_names", fmt.Errorf("%w: the name of the group has %d bytes, and Limits.MaxGroupName is %d", ErrLimit, len(group), limit))
}

// limited counts err, unless it is nil, and logs the first of each limit.
func (h *Hub) limited(limit string, err error) error {
	if err != nil {
		h.server.metrics.limited.WithLabelValues(limit).Inc()
		if h.server.refusals.first(refusalCause(limit), "") {
			h.server.log.Warn("a client reached a limit", "hub", h.path, "limit", limit, "err", err, "logged", "once")
		}
	}
	return err
}

// leave ends the membership of a connection of this server.
func (h *Hub) leave(c *connection, group string) {
	if h.registry.leave(c, group) {
		h.server.subscriptions.release(h.groupChannel(group))
	}
}

// changeGroup adds a connection, wherever it is, to a group, or removes it.
func (h *Hub) changeGroup(ctx context.Context, connectionID, group string, add bool) error {
	if err := h.usable(ctx, fmt.Sprintf("change group %q", group)); err != nil {
		return err
	}
	switch {
	case connectionID == "":
		return errors.New("signalr: change group: the connection ID is empty")
	case group == "":
		return errors.New("signalr: change group: the name of the group is empty")
	}
	if h.server.options.Backplane != nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, h.server.options.GroupTimeout)
		defer cancel()
	}
	err := h.nameFits(group, add)
	if err != nil {
		return fmt.Errorf("signalr: change group %.64q: %w", group, err)
	}
	switch c := h.registry.connection(connectionID); {
	case c == nil:
		err = h.changeGroupElsewhere(ctx, connectionID, group, add)
	case add:
		err = h.join(ctx, c, group)
	default:
		h.leave(c, group)
	}
	if err != nil && !errors.Is(err, ErrNoConnection) {
		return fmt.Errorf("signalr: change group %q: %w", group, err)
	}
	return err
}
