package signalr

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"github.com/signalmesh/signalmesh/signalr/forwarded"
	"github.com/signalmesh/signalmesh/signalr/hosts"
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
	proxies       forwarded.Proxies // that are trusted
	names         hosts.Names       // under which hubs are served; empty: see hostAllowed
	protocols     []protocol.Protocol
	pings         [][]byte        // framed, by protocol
	hubs          map[string]*Hub // by folded path
	upgrader      websocket.Upgrader
	negotiations  *negotiations
	strays        *strays
	subscriptions *subscriptions
	commands      *commands
	departures    *departures

	ctx     context.Context // ends when the server closes
	cancel  context.CancelFunc
	detach  func()         // from the backplane
	obeying bool           // commands run: there is a backplane
	core    []string       // channels that the hubs need as long as the server lives
	tasks   sync.WaitGroup // goroutines of the server itself
	served  occupancy      // connections being served, with their hub methods
	once    sync.Once      // of Close

	mu          sync.Mutex // before connection.mu
	connections map[*connection]struct{}
	phase       phase
	drain       *drain // the one that runs; nil: none does
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
	s.refusals = newRefusals(s.log, s.metrics.refusedRequests)
	s.strays = &strays{log: s.log, note: s.metrics.unknown.Inc}
	s.negotiations = newNegotiations(o, s.metrics.evicted.Inc)
	s.proxies, s.names = o.behind()
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

// Shutdown closes the server gracefully: it does what Drain does, over
// Options.ShutdownSpread, and then ends the server's goroutines. Its hubs can still
// send to other servers, while the backplane is open, so that HTTP handlers of the
// application that are still running can publish. Close ends that.
//
// When ctx ends, Shutdown disconnects the remaining clients and returns ctx's
// error. If Undrain is called during Shutdown the server continues, and the error is
// ErrUndrained. Hub methods must not call Shutdown.
func (s *Server) Shutdown(ctx context.Context) error {
	_, err := s.Drain(ctx, s.options.ShutdownSpread)
	if errors.Is(err, ErrUndrained) {
		return err
	}
	s.become(phaseShut)
	s.once.Do(s.release)
	if errors.Is(err, ErrServerClosed) { // by another call
		return nil
	}
	return err
}

// Close closes the server and its connections at once, and waits for its
// goroutines; so it waits for hub methods that run, whose contexts have ended.
// They must not call it. It does not close the backplane. It may be called
// again; the error is nil.
func (s *Server) Close() error {
	s.become(phaseClosed)
	s.once.Do(s.release)
	return nil
}

// release ends the connections, the goroutines and the metrics of the server.
func (s *Server) release() {
	s.abandonQuestions()
	s.endAll()
	s.sayFarewell()
	s.cancel()
	s.mu.Lock()
	rest := slices.Collect(maps.Keys(s.connections))
	for _, c := range rest {
		s.departed(c, errClientSilent)
	}
	s.mu.Unlock()
	for _, c := range rest {
		c.transport.kill()
	}
	s.negotiations.close()
	s.served.Wait()
	s.part()
	s.tasks.Wait()
	s.metrics.unregister()
}

// endAll admits no more connections and ends the open ones.
func (s *Server) endAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.phase = max(s.phase, phaseDraining)
	for c := range s.connections {
		c.end(ending{reconnect: true})
	}
}

// admit lets a connection in, which calls served.Done in the end. It reports
// false if the server is closing.
func (s *Server) admit() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.phase != phaseServing {
		return false
	}
	s.served.Add(1)
	return true
}

// add makes the server responsible for a connection that was admitted.
func (s *Server) add(c *connection) {
	s.metrics.connections.Inc()
	s.mu.Lock()
	s.connections[c] = struct{}{}
	late, d := s.phase != phaseServing, s.drain
	s.mu.Unlock()
	if late { // c was admitted before
		c.end(ending{reconnect: true, drain: d})
	}
	if s.ctx.Err() != nil { // Close may not have seen c
		c.transport.kill()
	}
}

// remove ends the server's responsibility for a connection, whose transport has ended
// with err.
func (s *Server) remove(c *connection, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.connections, c)
	s.departed(c, err)
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
