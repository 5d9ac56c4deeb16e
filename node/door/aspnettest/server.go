package aspnettest

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"sync"

	"github.com/signalmesh/signalmesh/signalr/protocol"
)

// Options say what a Server is.
type Options struct {
	// Endpoints are the host:port of Redis, or of what takes its place, in the order
	// of the configuration string. Required.
	Endpoints []string
	// User and Password are for AUTH. Without a password it is not sent.
	User, Password string
	// Hub is the full name of the hub's type, such as "MyApp.Hubs.ChatHub". Required.
	Hub string
	// Prefix is the ChannelPrefix. Empty is none.
	Prefix string
	// Machine is the name of the machine, by which Redis knows the connections too.
	// Empty means "WEB".
	Machine string
	// Protocols are the hub protocols that are registered, in order. Nil means JSON and
	// MessagePack.
	Protocols []protocol.Protocol
}

// A Server is one server with one hub. Make one with Start. Its methods may be called
// concurrently.
type Server struct {
	o    Options
	name string
	link *link
	ctx  context.Context // ends with Close
	stop context.CancelFunc
	work sync.WaitGroup // what receivers do not wait for

	// Held across the wait for a subscription, as .NET does; before mu.
	groupLock, userLock sync.Mutex

	mu      sync.Mutex
	clients map[string]*Client
	groups  map[string]map[*Client]bool
	users   map[string]map[*Client]bool
	pending map[string]*pending // by invocation ID
	acks    map[int32]chan struct{}
	lastAck int32
	faults  []error // of receivers, which .NET logs
}

// Start connects, and subscribes to what every server of the hub hears. ctx bounds
// that.
func Start(ctx context.Context, o Options) (_ *Server, err error) {
	o.Machine = cmp.Or(o.Machine, "WEB")
	if o.Protocols == nil {
		o.Protocols = []protocol.Protocol{protocol.JSON(), protocol.MessagePack()}
	}
	var id [16]byte
	rand.Read(id[:]) // never fails
	s := &Server{
		o: o, name: o.Machine + "_" + hex.EncodeToString(id[:]), clients: map[string]*Client{},
		groups: map[string]map[*Client]bool{}, users: map[string]map[*Client]bool{},
		pending: map[string]*pending{}, acks: map[int32]chan struct{}{},
	}
	s.ctx, s.stop = context.WithCancel(context.Background())
	if s.link, err = openLink(ctx, o); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			s.Close()
		}
	}()
	for _, core := range []struct {
		channel string
		handle  func([]byte) error
	}{
		{protocol.AllChannel(o.Hub), s.receiveAll},
		{protocol.GroupsChannel(o.Hub), s.obey},
		{protocol.AckChannel(o.Hub, s.name), s.acknowledged},
		{protocol.ReturnChannel(o.Hub, s.name), s.returned},
	} {
		if err := s.subscribe(ctx, core.channel, core.handle); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Close ends the server without a word, as the end of its process does.
func (s *Server) Close() {
	s.stop()
	s.link.close()
	s.work.Wait()
}

// Name is the server's own, new for each.
func (s *Server) Name() string { return s.name }

// Endpoint is where it is connected; empty if it is not.
func (s *Server) Endpoint() string {
	s.link.mu.Lock()
	defer s.link.mu.Unlock()
	return s.link.endpoint
}

// Connected waits until it has been connected n times, counting from 1, and all that
// it is subscribed to is confirmed.
func (s *Server) Connected(ctx context.Context, n int) error { return s.link.whole(ctx, n) }

// Break breaks the connections to Redis, as a network does, until mend.
func (s *Server) Break() (mend func()) { return s.link.interrupt() }

// Settle waits until its clients have everything that has arrived.
func (s *Server) Settle() { s.link.settle() }

// Faults are what .NET would have logged of messages that it could not act on.
func (s *Server) Faults() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return errors.Join(s.faults...)
}

// subscribe subscribes to a channel of the hub.
func (s *Server) subscribe(ctx context.Context, channel string, handle func([]byte) error) error {
	return s.link.subscribe(ctx, s.o.Prefix+channel, func(data []byte) {
		if err := handle(data); err != nil && s.ctx.Err() == nil {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.faults = append(s.faults, err)
		}
	})
}

func (s *Server) unsubscribe(channel string) { s.link.unsubscribe(s.o.Prefix + channel) }

// publish publishes to a channel of the hub, and says what Redis answers.
func (s *Server) publish(channel string, data []byte) (int, error) {
	return s.link.publish(s.o.Prefix+channel, data)
}

func (s *Server) client(id string) *Client {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.clients[id]
}
