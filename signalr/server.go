package signalr

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"github.com/signalmesh/signalmesh/signalr/protocol"
)

// tickInterval is how often a Server looks for what is due: pings, time-outs,
// connections that were negotiated and never opened.
const tickInterval = time.Second

// A Server serves SignalR hubs. It is an http.Handler. It may be used
// concurrently.
type Server struct {
	options       Options
	log           *slog.Logger
	metrics       *metrics
	refusals      *refusals
	checkOrigin   func(*http.Request) bool
	protocols     []protocol.Protocol
	pings         [][]byte        // framed, by protocol
	hubs          map[string]*Hub // by folded path
	upgrader      websocket.Upgrader
	negotiations  *negotiations
	subscriptions *subscriptions
	commands      *commands
	departures    *departures

	ctx     context.Context // ends when the server closes
	cancel  context.CancelFunc
	detach  func()         // from the backplane
	obeying bool           // commands run: there is a backplane
	core    []string       // channels that the hubs need as long as the server lives
	tasks   sync.WaitGroup // goroutines of the server itself
	served  sync.WaitGroup // connections being served
	once    sync.Once      // of Close

	mu          sync.Mutex // before connection.mu
	connections map[*connection]struct{}
	draining    bool // no connection is let in any more
}

// NewServer opens a SignalR server. Close ends it.
func NewServer(o Options) (_ *Server, err error) {
	if o, err = o.complete(); err != nil {
		return nil, fmt.Errorf("signalr options: %w", err)
	}
	s := &Server{
		options:       o,
		log:           o.Logger,
		metrics:       newMetrics(),
		checkOrigin:   o.originCheck(),
		protocols:     []protocol.Protocol{o.Values.JSON(), o.Values.MessagePack()},
		hubs:          make(map[string]*Hub),
		upgrader:      newUpgrader(o),
		subscriptions: newSubscriptions(o.Backplane, o.MaxGroupBytes),
		commands:      newCommands(),
		departures:    newDepartures(),
		connections:   make(map[*connection]struct{}),
		detach:        func() {},
	}
	s.negotiations = newNegotiations(o, s.metrics.evicted.Inc)
	s.refusals = newRefusals(s.log, s.metrics.refusedRequests)
	s.ctx, s.cancel = context.WithCancel(context.Background())
	defer func() {
		if err != nil {
			s.Close()
		}
	}()
	for _, p := range s.protocols {
		ping, err := p.Append(nil, protocol.Ping{})
		if err != nil {
			return nil, fmt.Errorf("encode ping for %s: %w", p.Name(), err)
		}
		s.pings = append(s.pings, ping)
	}
	twins := make(map[string]*Hub) // by name
	for _, ho := range o.Hubs {
		h, err := newHub(s, ho, twins[ho.Name])
		if err != nil {
			return nil, err
		}
		s.hubs[foldPath(ho.Path)], twins[ho.Name] = h, h
	}
	if err := s.metrics.register(o.Metrics); err != nil {
		return nil, err
	}
	if err := s.join(); err != nil {
		return nil, err
	}
	s.tasks.Go(s.tick)
	return s, nil
}

// Hub returns the hub at a path, for sends from outside its methods. It is never nil:
// if there is no hub at that path, Hub.Err and whatever is done with it return an error
// that wraps ErrNoHub.
func (s *Server) Hub(path string) *Hub {
	if h := s.hubs[foldPath(path)]; h != nil {
		return h
	}
	known := "the server has no hubs"
	if len(s.hubs) > 0 {
		known = "there are hubs at " + strings.Join(slices.Sorted(maps.Keys(s.hubs)), ", ")
	}
	return &Hub{path: path, missing: fmt.Errorf("%w at %q; %s", ErrNoHub, path, known)}
}

// Shutdown closes the server gracefully: it lets no connection in, tells the
// clients to reconnect, which takes them to another server, spread over
// Options.ShutdownSpread, and waits for the connections to end. When ctx ends it closes what is left and returns ctx's
// error. Hub methods must not call it.
func (s *Server) Shutdown(ctx context.Context) error {
	s.refuse()
	done := make(chan struct{})
	go func() { // ends with the last connection, and Close sees to that
		s.served.Wait()
		close(done)
	}()
	s.drain(ctx, done)
	select {
	case <-done:
		s.Close()
		return nil
	case <-ctx.Done():
		s.Close()
		<-done
		return ctx.Err()
	}
}

// Close closes the server and its connections at once, and waits for its
// goroutines; so it waits for hub methods that run, whose contexts have ended.
// They must not call it. It does not close the backplane. It may be called
// again; the error is nil.
func (s *Server) Close() error {
	s.once.Do(func() {
		s.abandonQuestions()
		s.endAll()
		s.sayFarewell()
		s.cancel()
		s.mu.Lock()
		rest := slices.Collect(maps.Keys(s.connections))
		s.mu.Unlock()
		for _, c := range rest {
			c.transport.kill()
		}
		s.negotiations.close()
		s.served.Wait()
		s.part()
		s.tasks.Wait()
		s.metrics.unregister()
	})
	return nil
}

// refuse lets no connection in any more.
func (s *Server) refuse() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.draining = true
}

// endAll lets no connection in any more and ends those there are.
func (s *Server) endAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.draining = true
	for c := range s.connections {
		c.end(shutdown)
	}
}

// shutdown is how connections end with their server.
var shutdown = ending{reconnect: true}

// admit lets a connection in, which calls served.Done in the end. It reports
// false if the server is closing.
func (s *Server) admit() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.draining {
		return false
	}
	s.served.Add(1)
	return true
}

func (s *Server) closing() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.draining
}

// add makes the server responsible for a connection that was admitted.
func (s *Server) add(c *connection) {
	s.metrics.connections.Inc()
	s.mu.Lock()
	s.connections[c] = struct{}{}
	draining := s.draining
	s.mu.Unlock()
	if draining { // it began after c was admitted
		c.end(shutdown)
	}
	if s.ctx.Err() != nil { // Close may not have seen c
		c.transport.kill()
	}
}

// remove ends the server's responsibility for a connection.
func (s *Server) remove(c *connection) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.connections, c)
	s.metrics.connections.Dec()
}

// tick does what is due, every second, until the server closes.
func (s *Server) tick() {
	ticker := time.NewTicker(tickInterval)
	defer ticker.Stop()
	for {
		select {
		case <-s.ctx.Done():
			return
		case now := <-ticker.C:
			s.negotiations.expire(now)
			s.mu.Lock()
			for c := range s.connections {
				c.tick(now)
			}
			s.mu.Unlock()
		}
	}
}
