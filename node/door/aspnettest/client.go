package aspnettest

import (
	"context"
	"fmt"
	"sync"

	"github.com/signalmesh/signalmesh/signalr/protocol"
)

// A Client is a connection to a Server: what stands for a browser. Its methods may
// be called concurrently.
type Client struct {
	ID, User string
	server   *Server
	protocol protocol.Protocol
	aborted  context.Context
	abort    context.CancelFunc

	mu      sync.Mutex
	changed *sync.Cond
	inbox   []protocol.Invocation
	taken   int
}

// Connect makes a connection. When it returns the connection can be reached from
// every server. An empty user is none.
func (s *Server) Connect(ctx context.Context, id, user string, p protocol.Protocol) (*Client, error) {
	c := &Client{ID: id, User: user, server: s, protocol: p}
	c.changed = sync.NewCond(&c.mu)
	c.aborted, c.abort = context.WithCancel(s.ctx)
	s.mu.Lock()
	s.clients[id] = c
	s.mu.Unlock()
	err := s.subscribe(ctx, protocol.ConnectionChannel(s.o.Hub, id), func(data []byte) error { return s.receiveOne(c, data) })
	if err != nil || user == "" {
		return c, err
	}
	s.userLock.Lock()
	defer s.userLock.Unlock()
	return c, s.enter(ctx, s.users, user, c, protocol.UserChannel(s.o.Hub, user), func(data []byte) error {
		return s.receive(s.members(s.users, user), data, false)
	})
}

// Disconnect ends a connection. Nobody else is told.
func (s *Server) Disconnect(c *Client) {
	c.abort()
	s.mu.Lock()
	delete(s.clients, c.ID)
	var groups []string
	for g, members := range s.groups {
		if members[c] {
			groups = append(groups, g)
		}
	}
	s.mu.Unlock()
	s.unsubscribe(protocol.ConnectionChannel(s.o.Hub, c.ID))
	s.groupLock.Lock()
	for _, g := range groups {
		s.leave(s.groups, g, c, protocol.GroupChannel(s.o.Hub, g))
	}
	s.groupLock.Unlock()
	s.userLock.Lock()
	defer s.userLock.Unlock()
	s.leave(s.users, c.User, c, protocol.UserChannel(s.o.Hub, c.User))
}

// enter adds to a table, with a subscription for the first. The caller holds the
// table's lock.
func (s *Server) enter(ctx context.Context, table map[string]map[*Client]bool, name string, c *Client, channel string, handle func([]byte) error) error {
	s.mu.Lock()
	if c.aborted.Err() != nil || table[name][c] {
		s.mu.Unlock()
		return nil
	}
	first := len(table[name]) == 0
	if first {
		table[name] = map[*Client]bool{}
	}
	table[name][c] = true
	s.mu.Unlock()
	if !first {
		return nil
	}
	return s.subscribe(ctx, channel, handle)
}

// leave is the opposite of enter.
func (s *Server) leave(table map[string]map[*Client]bool, name string, c *Client, channel string) {
	s.mu.Lock()
	was := table[name][c]
	delete(table[name], c)
	last := was && len(table[name]) == 0
	if last {
		delete(table, name)
	}
	s.mu.Unlock()
	if last {
		s.unsubscribe(channel)
	}
}

// members are those of an entry of a table at present.
func (s *Server) members(table map[string]map[*Client]bool, name string) (all []*Client) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range table[name] {
		all = append(all, c)
	}
	return all
}

// write hands the frame for the client's protocol to it. Without one the connection
// ends.
func (c *Client) write(frame []byte) error {
	if c.aborted.Err() != nil {
		return nil
	}
	if frame == nil {
		c.abort()
		return &Exception{"HubException", "This message was received from another server that did not have the requested protocol available."}
	}
	body, rest, err := c.protocol.Split(frame, 0)
	if err == nil && (body == nil || len(rest) > 0) {
		err = fmt.Errorf("frame of %d bytes is not one message", len(frame))
	}
	if err != nil {
		return err
	}
	m, err := c.protocol.Parse(body)
	if err != nil {
		return err
	}
	i, ok := m.(protocol.Invocation)
	if !ok {
		return fmt.Errorf("a %T is sent to a client", m)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.inbox = append(c.inbox, i)
	c.changed.Broadcast()
	return nil
}

// Next is the next invocation that came, with its arguments not yet decoded.
func (c *Client) Next(ctx context.Context) (protocol.Invocation, error) {
	defer context.AfterFunc(ctx, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.changed.Broadcast()
	})()
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.inbox) == c.taken {
		if ctx.Err() != nil {
			return protocol.Invocation{}, fmt.Errorf("client %s is sent nothing: %w", c.ID, ctx.Err())
		}
		c.changed.Wait()
	}
	c.taken++
	return c.inbox[c.taken-1], nil
}

// Bind decodes an argument.
func (c *Client) Bind(argument, dst any) error {
	raw, ok := argument.(protocol.Raw)
	if !ok {
		return fmt.Errorf("argument is a %T", argument)
	}
	return c.protocol.Bind(raw, dst)
}

// Waiting is how many invocations have come that Next has not taken.
func (c *Client) Waiting() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.inbox) - c.taken
}
