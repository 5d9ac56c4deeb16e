package node

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/signalmesh/signalmesh/discovery"
	"github.com/signalmesh/signalmesh/discovery/diag"
	"github.com/signalmesh/signalmesh/mesh"
	"github.com/signalmesh/signalmesh/mesh/admission"
	"github.com/signalmesh/signalmesh/node/bridge"
	"github.com/signalmesh/signalmesh/node/exchange"
	"github.com/signalmesh/signalmesh/signalr"
)

var (
	_ signalr.Backplane = (*mesh.Topic)(nil)
	_ signalr.Backplane = (*exchange.Port)(nil)
	_ bridge.Plane      = (*mesh.Topic)(nil)
)

// A Node is one process of the mesh: a SignalR server and a peer. It may be used
// concurrently.
type Node struct {
	o        Options
	settings *Settings
	log      *slog.Logger
	started  time.Time

	mesh  *mesh.Mesh
	topic *mesh.Topic
	hubs  *signalr.Server
	loop  *discovery.Loop
	http  *front // nil: the hubs have no listener
	admin net.Listener

	alerts   *alerts
	capacity *capacity
	refused  *refused // by the two listeners

	own    *application                     // the hubs'
	others []*application                   // those that have a Redis endpoint here
	users  atomic.Pointer[[]admission.User] // of the file; nil: there is none

	ready  chan struct{} // closed when the node has joined its applications
	server *http.Server  // answers at http; nil: there is none

	life    life
	closers []func() error // in the order of opening
	once    sync.Once
	err     error
}

// New opens a node from the bottom up: mesh, hubs, Redis endpoint, the loop that looks
// for peers, listeners. It does not wait for peers; see Ready. If a part fails, what was
// open closes again. The error is a *SettingsError if a setting is wrong. ctx bounds the
// opening, not the life.
func New(ctx context.Context, o Options) (_ *Node, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	settings, err := Resolve(o)
	if err != nil {
		return nil, err
	}
	o = o.complete()
	n := &Node{
		o: o, settings: settings, log: o.Logger, started: time.Now(), ready: make(chan struct{}), life: newLife(),
		alerts: newAlerts(o.Logger), capacity: newCapacity(fileLimit(), o.MaxConnections), refused: newRefused(),
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, n.Close())
		}
	}()
	if settings.usersFile != nil {
		n.users.Store(&settings.users)
	}
	n.tellProblems()
	if o.Development {
		n.log.Warn("development mode: clients are shown the text of every error; do not use it in production")
	}
	n.checkAdvertised()
	for _, open := range []func() error{
		n.openAlerts, n.openCapacity, n.openMesh, n.openApplications, n.openHubs, n.openLoop, n.openExpected, n.openRedis, n.openHubNames, n.openApplicationNames, n.watchUsers,
		n.openMetrics, n.openHTTP, n.openAdmin,
	} {
		if err := open(); err != nil {
			return nil, err
		}
	}
	return n, nil
}

func (n *Node) tellProblems() {
	for _, p := range n.settings.Problems {
		level := slog.LevelInfo
		if p.Severity == diag.Warning {
			level = slog.LevelWarn
		}
		n.log.Log(context.Background(), level, p.Error())
	}
}

func (n *Node) opened(closer func() error) { n.closers = append(n.closers, closer) }

func (n *Node) openMesh() (err error) {
	s := n.settings
	n.mesh, err = n.newMesh(mesh.Options{
		Cache: s.cache, UserID: s.user, Password: string(s.password), Users: s.users, AllowAnonymous: n.o.AllowAnonymous,
		Listen: s.listen, Advertise: s.advertise, Public: s.mapping.Public,
		Name: s.name, Version: n.o.Version, DialTimeout: s.policy.DialTimeout,
		DialOnly: n.o.dialOnly, AdmissionTimeout: n.o.AdmissionTimeout, Unadmitted: n.o.Unadmitted,
		ReplayAge: n.o.ReplayAge, ReplayBytes: n.o.ReplayBytes, MaxMessage: n.o.meshMessage(),
		JoinTimeout: n.o.JoinTimeout, ForgetAfter: n.o.ForgetAfter,
		Logger: n.meshLog(), Metrics: n.o.Metrics, OnHealth: n.onHealth,
	})
	if err != nil {
		return err
	}
	n.opened(n.mesh.Close)
	n.topic, err = n.mesh.Join(s.application)
	return err
}

// newMesh opens the mesh, at a later port if Options.NextPorts allows that.
func (n *Node) newMesh(o mesh.Options) (*mesh.Mesh, error) {
	next := n.o.NextPorts
	if len(given(n.o.Listen)) > 0 {
		next = 0
	}
	for i := 0; ; i++ {
		m, err := mesh.New(o)
		if i >= next || !errors.Is(err, mesh.ErrPortInUse) {
			return m, err
		}
		if o.Listen = nextPort(o.Listen); o.Listen == nil {
			return nil, err
		}
	}
}

// onHealth calls Options.OnHealth, and logs its panic.
func (n *Node) onHealth(_ string, c mesh.Condition) {
	if n.o.OnHealth == nil {
		return
	}
	defer func() {
		if p := recover(); p != nil {
			n.log.Error("OnHealth panicked", "panic", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
		}
	}()
	n.o.OnHealth(c)
}

func (n *Node) openHubs() (err error) {
	if len(n.o.Hubs) == 0 {
		return nil // a node without hubs is a seed
	}
	o := n.o.SignalR
	o.Hubs, o.Backplane, o.Logger, o.Metrics = n.o.Hubs, n.own.exchange.Port(n.o.ChannelPrefix), n.log, n.o.Metrics
	o.Development, o.MaxSendSize = n.o.Development, n.o.sendSize()
	o.TrustedProxies = slices.Concat(o.TrustedProxies, n.o.Web.TrustedProxies)
	o.AllowedHosts = slices.Concat(o.AllowedHosts, n.o.Web.AllowedHosts)
	if o.GroupTimeout == 0 {
		o.GroupTimeout = n.settings.groupTimeout
	}
	if n.hubs, err = signalr.NewServer(o); err != nil {
		return fmt.Errorf("open hubs: %w", err)
	}
	n.opened(n.hubs.Close)
	n.alerts.count("unknown-connections", n.hubs.UnknownConnections, func(requests uint64) string {
		return fmt.Sprintf("requests have a connection ID of another server (%d so far): is the load balancer configured for sticky sessions? See docs/load-balancers.md", requests)
	})
	return nil
}

// serve answers requests on l until the node closes. The head of a request and
// the time between requests are limited; idleTimeout and maxHeaders are those of
// ASP.NET Core's web server. Package signalr limits the rest of the requests to
// hubs. With secure, which may be nil, it speaks TLS, and HTTP/2 to clients that do.
func (n *Node) serve(l net.Listener, h http.Handler, secure *tls.Config) *http.Server {
	const (
		headerTimeout = 10 * time.Second
		idleTimeout   = 130 * time.Second
		maxHeaders    = 32 << 10
	)
	s := &http.Server{
		Handler: h, TLSConfig: secure, ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeaders,
		ErrorLog: slog.NewLogLogger(n.log.Handler(), slog.LevelDebug),
	}
	var serving sync.WaitGroup
	serve := s.Serve
	if secure != nil {
		serve = func(l net.Listener) error { return s.ServeTLS(l, "", "") }
	}
	serving.Go(func() {
		if err := serve(l); !errors.Is(err, http.ErrServerClosed) {
			n.log.Error("listener failed", "addr", l.Addr().String(), "err", err)
		}
	})
	n.opened(func() error {
		err := s.Close()
		serving.Wait()
		return err
	})
	return s
}

func (n *Node) openLoop() (err error) {
	n.loop, err = discovery.New(discovery.Options{
		Seeds: n.settings.seeds, Policy: n.settings.policy,
		Dial: n.dial, Peers: n.topic.Watch, Resolver: n.o.Resolver, Logger: n.meshLog(),
	})
	if err != nil {
		return fmt.Errorf("look for peers: %w", err)
	}
	n.opened(n.loop.Close)
	n.watchJoining()
	return nil
}

// Close closes what New opened, last first, and waits for its goroutines. Clients
// that are still connected are disconnected. Every call returns what the first one
// did.
func (n *Node) Close() error {
	n.once.Do(func() {
		n.life.close()
		for _, c := range slices.Backward(n.closers) {
			n.err = errors.Join(n.err, c())
		}
	})
	return n.err
}
