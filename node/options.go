package node

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/signalmesh/signalmesh/discovery"
	"github.com/signalmesh/signalmesh/mesh"
	"github.com/signalmesh/signalmesh/mesh/admission"
	"github.com/signalmesh/signalmesh/node/door"
	"github.com/signalmesh/signalmesh/signalr"
	"github.com/signalmesh/signalmesh/signalr/safelog"
)

// Options say what a Node serves, where, and with whom. They are the last layer
// of settings and win over every file and variable; see Resolve.
type Options struct {
	// Hubs are served each at its own path.
	Hubs []signalr.HubOptions
	// SignalR holds further settings of the SignalR server, such as UserID. Its Hubs,
	// Backplane, Logger, Metrics and Development must be zero: they are the Node's own,
	// and have fields here, except Backplane, which is the mesh.
	SignalR signalr.Options
	// Development is for a developer's own machine: it logs to stderr if Logger is nil,
	// and shows clients the text of every error of a hub method.
	Development bool

	// HTTP is where the hubs are served: a host:port, or "unix:" and the path of a unix
	// socket, which its owner and group may use. Empty means nowhere: mount Node.Handler
	// on your own mux.
	HTTP string
	// Web configures the HTTP listener and the proxies in front of it.
	Web Web
	// Static is what the HTTP listener serves besides the hubs. Nil means nothing.
	Static http.Handler
	// Admin is the host:port of health, metrics, API and status page. Empty means
	// nowhere; port 0 lets the system pick.
	Admin string
	// AdminFallback makes the system pick another port if that of Admin is in use.
	AdminFallback bool

	// Redis is the host:port where servers that scale out over Redis, such as ASP.NET
	// Core's with AddStackExchangeRedis, connect instead of to Redis; see package door.
	// "unix:" with a path is a unix socket, to which the user and the group of this process
	// may connect. Empty means nowhere. Beyond loopback it needs RedisPassword or
	// Password.
	Redis string
	// RedisTLSCert and RedisTLSKey are the paths of a certificate with its chain and of
	// its key, both in PEM. With them all Redis endpoints of the node use TLS. The files
	// are read again when they change. Both empty means TCP without encryption.
	RedisTLSCert, RedisTLSKey string
	// RedisPassword is the password of all Redis endpoints of the node. Then clients
	// give it, alone or with UserID, and passwords of the mesh are refused. Empty means
	// that clients give Password, or the password of one of Users.
	RedisPassword string
	// RedisLimits bound the connections to a Redis endpoint that have not authenticated.
	// The zero value has the defaults of door.AuthLimits.
	RedisLimits door.AuthLimits
	// RedisFor are Redis endpoints of further applications, of which the node becomes a
	// member too; it serves no hubs of theirs. Each application may have one door.
	RedisFor []RedisDoor
	// RedisClientsStay means that the clients of the Redis endpoints know no endpoint of
	// another node. Drain and Shutdown then do not wait for them to leave. False means
	// that Drain and Shutdown give them up to two seconds.
	RedisClientsStay bool
	// RedisBridge is the Redis that servers used before and some may still use,
	// redis://user:password@host:port. While it runs they and the servers on the mesh
	// hear each other; see package bridge. Several nodes may be given it: one bridges,
	// and another if that ends. It goes for all applications of the node. Empty means
	// none.
	RedisBridge string
	// ChannelPrefix stands in front of every channel of the hubs on the backplane, as
	// ChannelPrefix in the configuration of .NET's Redis client does, so that hubs here
	// and there can be the same. All servers of an application must have the same.
	ChannelPrefix string

	// Listen is the host:port or TCP multiaddr for peers, or several, separated by
	// commas. ":9800" and "[::]:9800" are
	// all addresses of IPv4 and IPv6, "0.0.0.0:9800" all of IPv4. Empty means the address
	// and port of client.ncconf, or port 9800: on all addresses if there is a password,
	// else on loopback.
	Listen string
	// NextPorts is how many ports after the one that an empty Listen means are tried if
	// another process uses it, so that servers on one machine need no setting. Zero means
	// that New fails.
	NextPorts int
	// Advertise is the host:port or multiaddr told to peers, or several, separated by
	// commas; 8 at most. Empty means
	// those of Listen, with the addresses of all interfaces in place of all addresses.
	Advertise string
	// Bootstrap are addresses of other nodes, host:port or multiaddr, with or
	// without /p2p/…, in addition to those of client.ncconf. All addresses of a host
	// name are used, and the name is looked up again while the node is alone.
	Bootstrap []string
	// Resolver looks up the host names among the seeds: those of Bootstrap,
	// client.ncconf and appsettings.json. Nil means net.DefaultResolver.
	Resolver discovery.Resolver
	// Users is the path of a file with those who are let in, each into its
	// applications; see UserLine. It is read again when it changes. Empty means
	// whoever has UserID and Password, for all applications.
	Users string
	// AdmissionTimeout is how long a peer that connects may take until it is admitted.
	// Zero means 5 s.
	AdmissionTimeout time.Duration
	// Unadmitted bounds the connections of peers that are not admitted yet. Zero fields
	// have the defaults of admission.LobbyLimits.
	Unadmitted admission.LobbyLimits
	// AllowAnonymous lets a node without a password listen beyond loopback.
	AllowAnonymous bool

	// ReplayAge and ReplayBytes bound what is kept for each server that is away, so
	// that it misses nothing when it is back; what is beyond either is reported lost.
	// Zero means 2 minutes and 64 MiB. More costs memory while a server is away.
	ReplayAge   time.Duration
	ReplayBytes int

	// JoinTimeout bounds how long servers that do not answer delay Ready. Zero means 10 s.
	JoinTimeout time.Duration
	// ReadyWhenRefused makes the node ready although every server that answered refused
	// it. Its clients then hear nothing of the clients of other servers.
	ReadyWhenRefused bool
	// ExpectServers is how many servers the application should have, this one included.
	// The health is degraded while there are fewer. Zero means that the number is not
	// known. Servers that client.ncconf lists are always expected.
	ExpectServers int
	// ExpectAfter is how long after this node is ready expected servers may start before
	// they are reported as missing. Zero means 30 s.
	ExpectAfter time.Duration
	// ForgetAfter is how long a failed server is listed as missing, which degrades the
	// health. Zero means 1 hour.
	ForgetAfter time.Duration
	// MaxConnections is how many connections of clients the HTTP listener takes; more are
	// answered with 503. Zero means as many as the open files of the process allow, with
	// a reserve for peers and the admin listener.
	MaxConnections int

	// UseFiles reads the files of an NCache application, if they exist: appsettings.json
	// and appsettings.{Environment}.json in the working directory, and client.ncconf in
	// the usual places unless Bootstrap is given. False reads no
	// files but those that NCConf, Config and Users name. The signalmesh command sets it.
	UseFiles bool
	// NCConf is the path of client.ncconf, which must exist. Empty means what UseFiles
	// finds.
	NCConf string
	// Config is the path of appsettings.json, which must exist. Empty means what UseFiles
	// finds.
	Config string
	// Environ are environment variables in the shape of os.Environ, for the section
	// NCacheConfiguration. Nil means none.
	Environ []string

	// NCacheOptions are the four names an NCache user knows; see AddNCache.
	NCacheOptions

	// Name is shown to people. Servers should have different names: a server that starts
	// replaces a missing server of the same name. Empty means the host name.
	Name string
	// Version of the program, shown to people. Empty means "dev".
	Version string

	// DrainDelay is how long Drain and Shutdown serve as before, while the node reports
	// that it is not ready. Load balancers that check /readyz need that time to notice.
	// Zero means 7 s, ending early when no client is connected. Other values are not
	// shortened. Negative means no delay.
	DrainDelay time.Duration
	// DrainSpread is the time, after DrainDelay, over which the clients get a Close
	// message, in random order, so that they do not all reconnect at the same time.
	// Zero means 10 ms for each client, and at most 5 s. Negative means no spread.
	DrainSpread time.Duration
	// DrainTimeout is how long a drain may take. DrainDelay and DrainSpread must fit
	// in. The clients that remain after it are disconnected. Zero means 25 s, or
	// DrainDelay + DrainSpread + 10 s if that is longer.
	DrainTimeout time.Duration

	// OnHealth is told whenever the health of the mesh changes, which starts as
	// isolated: no other server is in reach. It may take its time; changes meanwhile
	// are told as one. It must not call the Node's Close or Shutdown. Nil means nobody.
	OnHealth func(mesh.Condition)

	// Logger gets what an operator should know. Nil means silence.
	Logger *slog.Logger
	// Metrics is where metrics are registered, and gathered from if it is also a
	// prometheus.Gatherer. Nil means a registry of the Node's own.
	Metrics prometheus.Registerer

	dialOnly bool // of a Publisher, which does not listen

	// Origins says where values of these Options came from, such as "--cache" for
	// "cache", for Settings. What is not in it came from "options".
	Origins map[string]string
	// Further are settings of the program around the Node, for Settings.Rows. Those
	// whose name has a row are left out.
	Further []Setting
}

// A RedisDoor is a Redis endpoint of an application that the hubs do not belong to.
type RedisDoor struct {
	Addr        string // host:port, or unix: with a path
	Application string
}

// NCacheOptions are the settings that NCache's SignalR provider has.
type NCacheOptions struct {
	// CacheName names the mesh; in client.ncconf it is the id of a cache.
	CacheName string
	// ApplicationID keeps applications on one cache apart.
	ApplicationID string
	// UserID and Password let this node into the mesh. Without Users every node needs
	// the same.
	UserID   string
	Password string
}

// AddNCache sets what an application sets in its call of AddNCache in .NET:
//
//	options.AddNCache(func(o *node.NCacheOptions) {
//		o.CacheName = "demoClusteredCache"
//		o.ApplicationID = "chatApplication"
//	})
//
// Without it, or for what it leaves empty, the section NCacheConfiguration of
// appsettings.json counts, if Config or UseFiles has it read, and of the environment, if
// Environ has it.
func (o *Options) AddNCache(configure func(*NCacheOptions)) { configure(&o.NCacheOptions) }

// DefaultAdmission returns the defaults of AdmissionTimeout and Unadmitted.
func DefaultAdmission() (time.Duration, admission.LobbyLimits) {
	return mesh.DefaultAdmissionTimeout, admission.LobbyLimits{}.WithDefaults()
}

func (o Options) complete() Options {
	o.Version = cmp.Or(o.Version, "dev")
	o.ExpectAfter = cmp.Or(o.ExpectAfter, defaultExpectAfter)
	switch {
	case o.Logger != nil:
		o.Logger = safelog.New(o.Logger)
	case o.Development:
		o.Logger = slog.New(slog.NewTextHandler(os.Stderr, nil))
	default:
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Metrics == nil {
		o.Metrics = prometheus.NewRegistry()
	}
	return o
}

// faults returns an error for each field that would have no effect.
func (o Options) faults() error {
	var errs []error
	for _, f := range []struct {
		name   string
		set    bool
		remedy string
	}{
		{"Hubs", len(o.SignalR.Hubs) > 0, "set Options.Hubs"},
		{"Backplane", o.SignalR.Backplane != nil, "the mesh is the backplane; use package signalr for another one"},
		{"Logger", o.SignalR.Logger != nil, "set Options.Logger"},
		{"Metrics", o.SignalR.Metrics != nil, "set Options.Metrics"},
		{"Development", o.SignalR.Development, "set Options.Development"},
	} {
		if f.set {
			errs = append(errs, fmt.Errorf("Options.SignalR.%s has no effect; %s", f.name, f.remedy))
		}
	}
	for _, h := range o.Hubs {
		if o.Static != nil && strings.Trim(h.Path, "/") == "" {
			errs = append(errs, errors.New(`the hub at "/" takes the place of the page at "/"; give the hub another path, or leave Static out`))
		}
	}
	return errors.Join(errs...)
}

// origin says where the value of the setting named came from.
func (o Options) origin(name string) string { return cmp.Or(o.Origins[name], "options") }
