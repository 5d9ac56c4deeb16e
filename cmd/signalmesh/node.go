package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/signalmesh/signalmesh/node"
	"github.com/signalmesh/signalmesh/node/chat"
)

// nodeFlags are the command line of "signalmesh node".
type nodeFlags struct {
	o           node.Options
	hubs        []string
	listen      []string
	advertise   []string
	redis       []string
	flags       *pflag.FlagSet
	warnings    []string // of the settings, for the log
	static      string
	password    string // path of the file that holds it
	redisSecret string // path of the file that holds the password of the Redis endpoints
	stateful    bool
	printConfig bool
	child       bool
	log         logFlags
}

func newNodeCommand() *cobra.Command {
	f := &nodeFlags{}
	cmd := &cobra.Command{
		Use:   "node",
		Short: "Run one server of the mesh",
		Long: `Run one server of the mesh: SignalR hubs on an HTTP listener, and a libp2p peer
that carries messages to the other servers of the application.

Settings come in layers, later ones winning: defaults, client.ncconf,
appsettings.json, appsettings.{Environment}.json, environment variables
(NCacheConfiguration__CacheName …), SIGNALMESH_… variables, flags. Every flag
has such a twin: --http is SIGNALMESH_HTTP, --allow-anonymous
SIGNALMESH_ALLOW_ANONYMOUS. --print-config shows each setting and where it came
from.

The node is ready when it prints "ready:" and /readyz on the admin listener says
so. Ctrl-C and SIGTERM stop it cleanly: /readyz answers 503, the node still
serves for --drain-delay, and then sends its clients to other servers. A second
signal ends the process immediately. SIGUSR1 drains the node without stopping
it, and a second SIGUSR1 undoes that; see also signalmesh drain. SIGHUP reads
the users again.

With --child the node ends when its standard input ends, and it reports on
standard output, each as one line of JSON: listening, ready, leaving, and failed
with the reason.`,
		Example: `  # a server that finds the others through client.ncconf
  signalmesh node --http 127.0.0.1:5001 --listen 127.0.0.1:9800 \
    --ncconf client.ncconf --config appsettings.json --hub chat

  # one that is told where another is
  signalmesh node --http 127.0.0.3:5001 --listen 127.0.0.3:9800 \
    --bootstrap 127.0.0.1:9800 --cache demoClusteredCache --app chatApplication --hub chat

  # beyond this machine: with credentials, which every node needs (see signalmesh user)
  SIGNALMESH_PASSWORD=… signalmesh node --http :5001 --listen :9800 --user hub \
    --bootstrap web-1.example.net --cache demoClusteredCache --app chatApplication --hub chat

  # beside servers of ASP.NET Core, which connect to it instead of to Redis; those
  # that are on the old Redis still hear them, and are heard
  signalmesh node --redis 127.0.0.1:6379 --redis-bridge redis://redis.example.net \
    --bootstrap 127.0.0.2:9800 --cache demoClusteredCache --app chatApplication

  # Redis endpoints of two applications
  signalmesh node --redis 127.0.0.1:6379 --redis 127.0.0.1:6380=billing \
    --cache demoClusteredCache --app chatApplication`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := fromEnvironment(cmd.Flags(), os.Environ(), &f.o); err != nil {
				return err
			}
			f.flags, f.warnings = cmd.Flags(), unknownVariables(cmd, os.Environ())
			if f.child {
				return f.runChild(cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr())
			}
			return f.run(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f.add(cmd)
	return cmd
}

func (f *nodeFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&f.o.HTTP, "http", defaultHTTP, "`host:port` where the hubs and --static are served, unix:/path of a unix socket, or none for no listener; without hubs and --static, there is a listener only if this is given")
	flags.StringArrayVar(&f.hubs, "hub", nil, "serve the chat demo hub at /`name`, which may be a path such as app/chat, or name=Full.Type.Name to be the same hub as a .NET server's; may be repeated")
	flags.StringArrayVar(&f.o.SignalR.AllowedOrigins, "allow-origin", nil, "`origin` of pages elsewhere that may use the hubs, such as https://app.example.net; may be repeated")
	flags.BoolVar(&f.stateful, "stateful-reconnect", false, "let clients that ask for it go on with their connection over a new WebSocket")
	flags.DurationVar(&f.o.DrainDelay, "drain-delay", 0, "`time` for which a node that is stopped or drained still serves while /readyz answers 503, so that load balancers notice; 0 for none (default 7s, less if no client is connected)")
	flags.DurationVar(&f.o.DrainSpread, "drain-spread", 0, "`time` after the delay over which clients get their Close messages; 0 for no spread (default 10ms for each client, at most 5s)")
	flags.DurationVar(&f.o.DrainTimeout, "drain-timeout", 0, "`time` after which the remaining clients are disconnected; it includes the delay and the spread (default 25s, or 10s more than those two)")
	flags.BoolVar(&f.o.Development, "development", false, "show clients the text of every error of a hub method; for a developer's own machine")
	sizeVar(flags, &f.o.SignalR.MaxSendSize, "max-send-size", 0, "the `size` that a message to clients may have in each hub protocol (default 24 MiB, or what --replay-bytes has room for)")
	flags.IntVar(&f.o.SignalR.MaxGroups, "max-groups", 4096, "how many groups one connection may be in")
	sizeVar(flags, &f.o.SignalR.MaxGroupName, "max-group-name", 512, "the `size` that the name of a group may have")
	sizeVar(flags, &f.o.SignalR.MaxGroupBytes, "max-group-bytes", 96<<20, "the `size` that the names of this server's groups may take on the mesh; the rest is for connections and users")
	flags.IntVar(&f.o.SignalR.MaxClientResults, "max-client-results", 1000, "how many questions one client may leave unanswered")
	flags.IntVar(&f.o.SignalR.MaxNegotiations, "max-negotiations", 1<<17, "how many negotiated connections may wait to be opened; the oldest gives way")
	flags.IntVar(&f.o.SignalR.MaxNegotiationsPerAddress, "max-negotiations-per-address", 1<<14, "how many (`n`) of them one client address may have")
	flags.StringVar(&f.static, "static", "", "serve the files of this `folder`, too, without dot files, listings, and links that lead out of it")
	f.addWeb(flags)
	flags.StringArrayVar(&f.redis, "redis", nil, "`host:port`, or unix:/path of a socket, where servers that scale out over Redis, such as ASP.NET Core's, connect instead of to Redis; host:port=app is the endpoint of another application; may be repeated, once for each application (default: nowhere)")
	f.addEndpoint(flags)
	flags.StringVar(&f.o.RedisBridge, "redis-bridge", "", "`url` of the Redis used before, redis://host:port, with user:password@ before the host, or rediss:// with TLS: servers still on it and servers on the mesh get each other's messages; may be given to several nodes, of which one bridges; better in SIGNALMESH_REDIS_BRIDGE if it has a password")
	flags.StringVar(&f.o.ChannelPrefix, "channel-prefix", "", "`text` in front of the hubs' channels, as ChannelPrefix of .NET servers")
	flags.StringArrayVar(&f.listen, "listen", nil, "`host:port` or multiaddr for peers; :9800 is all addresses of IPv4 and IPv6; may be repeated (default port 9800, on loopback if there is no password)")
	flags.StringArrayVar(&f.advertise, "advertise", nil, "`host:port` or multiaddr told to peers; may be repeated (default --listen, with the addresses of all interfaces)")
	flags.StringArrayVar(&f.o.Bootstrap, "bootstrap", nil, "`host:port` or multiaddr of another node, with or without /p2p/…; may be repeated")
	flags.StringVar(&f.o.NCConf, "ncconf", "", "`path` of client.ncconf (default: the usual places, unless --bootstrap is given)")
	flags.StringVar(&f.o.Config, "config", "", "`path` of appsettings.json (default: in the working directory, if it is there)")
	flags.StringVar(&f.o.CacheName, "cache", "", "`name` of the cache: the mesh; in client.ncconf the id of a cache")
	flags.StringVar(&f.o.ApplicationID, "app", "", "`name` of the application within the cache")
	flags.StringVar(&f.o.UserID, "user", "", "`name` of the user this node is; without --users, every node is the same")
	flags.StringVar(&f.o.Password, "password", "", "`password` of that user; better in SIGNALMESH_PASSWORD, where other users do not see it")
	flags.StringVar(&f.password, "password-file", "", "`path` of a file that holds that password")
	flags.StringVar(&f.o.Users, "users", "", "`path` of a file with the users that are let in, made with signalmesh user add (default: --user)")
	f.addAdmission(flags)
	flags.BoolVar(&f.o.AllowAnonymous, "allow-anonymous", false, "listen beyond loopback although there is no password")
	flags.DurationVar(&f.o.JoinTimeout, "join-timeout", node.DefaultJoinTimeout, "how long servers that do not answer may delay that this node is ready")
	flags.BoolVar(&f.o.ReadyWhenRefused, "ready-when-refused", false, "be ready although every server that answered refused this node")
	flags.DurationVar(&f.o.ReplayAge, "replay-age", 2*time.Minute, "how long messages are kept for a server that is away")
	sizeVar(flags, &f.o.ReplayBytes, "replay-bytes", 64<<20, "the `size` of the messages that are kept, for each server")
	flags.IntVar(&f.o.ExpectServers, "expect-servers", 0, "how many `servers` the application should have, this one included; while there are fewer, the health is degraded (default: not known)")
	flags.DurationVar(&f.o.ForgetAfter, "forget-after", time.Hour, "`time` for which a failed server is listed as missing")
	flags.IntVar(&f.o.MaxConnections, "max-connections", 0, "how many `connections` of clients --http takes; more get 503 (default: what the limit of open files allows, with a reserve)")
	flags.StringVar(&f.o.Admin, "admin", defaultAdmin, "`host:port` of /healthz, /readyz, /metrics, /api/status and the status page; none for no listener; if the default port is in use, the system picks another")
	flags.StringVar(&f.o.Name, "name", "", "`name` shown to people; give each server its own (default: the name of the host)")
	flags.BoolVar(&f.child, "child", false, "be the child of another program: end when standard input ends and not by Ctrl-C or SIGTERM, write events to standard output as lines of JSON, read only the files that are given, and take one of the next ports for peers if the port is in use")
	flags.BoolVar(&f.printConfig, "print-config", false, "print every setting and where it came from, and end")
	f.log.add(flags)
}

// options completes what the flags say.
func (f *nodeFlags) options(stderr io.Writer) (node.Options, error) {
	o := f.o
	o.UseFiles, o.Environ = true, os.Environ()
	o.Listen, o.Advertise = strings.Join(f.listen, ","), strings.Join(f.advertise, ",")
	o.Version = version
	logger, err := f.log.logger(stderr)
	if err != nil {
		return o, usageError{err}
	}
	o.Logger = logger
	o.AdminFallback = o.Origins["admin"] == "default"
	for _, addr := range []*string{&o.HTTP, &o.Admin} {
		if *addr == noListener {
			*addr = ""
		}
	}
	if err := f.chatHubs(&o); err != nil {
		return o, err
	}
	o.SignalR.UserID = chat.UserID
	if err := f.origins(&o); err != nil {
		return o, err
	}
	if err := drainTimes(&o); err != nil {
		return o, err
	}
	if err := webTimes(&o); err != nil {
		return o, err
	}
	if err := f.doors(&o); err != nil {
		return o, err
	}
	for _, p := range []struct {
		flag, file string
		to         *string
	}{{"password", f.password, &o.Password}, {"redis-password", f.redisSecret, &o.RedisPassword}} {
		if err := readPassword(&o, p.flag, p.file, p.to, &f.warnings); err != nil {
			return o, err
		}
	}
	if f.static != "" {
		if info, err := os.Stat(f.static); err != nil || !info.IsDir() {
			return o, fmt.Errorf("--static %s: there is no such folder", f.static)
		}
		o.Static = http.FileServerFS(folder(f.static))
	}
	if o.Origins["http"] == "default" {
		o.HTTP = f.defaultListener(o)
	}
	o.Further = f.further(o.Origins)
	return o, nil
}

// drainTimes checks the times of a drain. An explicit 0 is none, which package node
// writes as a negative time.
func drainTimes(o *node.Options) error {
	for name, value := range map[string]*time.Duration{
		"drain-delay": &o.DrainDelay, "drain-spread": &o.DrainSpread, "drain-timeout": &o.DrainTimeout,
	} {
		from := o.Origins[name]
		switch {
		case *value < 0:
			return usageError{fmt.Errorf("%s %v: a time is not negative; write it as 10s", from, *value)}
		case *value == 0 && name == "drain-timeout" && from != "default":
			return usageError{fmt.Errorf("%s 0s: clients need time to leave; write it as 30s", from)}
		case *value == 0 && from != "default":
			*value = -1
		}
	}
	return nil
}

// doors takes the Redis endpoints apart: that of the node's application, and others.
func (f *nodeFlags) doors(o *node.Options) error {
	for _, text := range f.redis {
		addr, application, other := strings.Cut(text, "=")
		switch {
		case other && (addr == "" || application == ""):
			return usageError{fmt.Errorf("--redis %q: give host:port, or host:port=application", text)}
		case other:
			o.RedisFor = append(o.RedisFor, node.RedisDoor{Addr: addr, Application: application})
		case o.Redis != "":
			return usageError{fmt.Errorf("--redis %s and --redis %s are both of the application of --app; give the other application as host:port=application", o.Redis, addr)}
		default:
			o.Redis = addr
		}
	}
	return nil
}

// readPassword takes the password of a flag from its file, if one is given.
func readPassword(o *node.Options, flag, file string, to *string, warnings *[]string) (err error) {
	if file == "" {
		return nil
	}
	from := o.Origins[flag+"-file"]
	if *to != "" {
		return usageError{fmt.Errorf("the password is given twice, by %s and by %s; remove one", o.Origins[flag], from)}
	}
	o.Origins[flag] = from
	*to, err = node.ReadPassword(file)
	if text := node.SecretFileProblem(file); text != "" && err == nil {
		*warnings = append(*warnings, from+": "+text)
	}
	return err
}

func (f *nodeFlags) run(ctx context.Context, stdout, stderr io.Writer) error {
	signals, stop := catchSignals()
	defer stop()
	o, err := f.options(stderr)
	if err != nil {
		return &node.SettingsError{Err: err}
	}
	out := f.log.lines(stderr, o.Logger)
	for _, text := range f.warnings {
		if f.printConfig {
			out.problem(true, text)
		} else {
			o.Logger.Warn(text)
		}
	}
	if f.printConfig {
		return f.print(o, stdout, out)
	}
	var steering sync.WaitGroup
	err = node.Run(ctx, o, func(n *node.Node) error {
		if text := servesNothing(o); text != "" {
			o.Logger.Warn(text)
		}
		if o.HTTP == "" && !servesHTTP(o) {
			o.Logger.Info("no HTTP listener: no hub or static files")
		}
		steering.Go(func() { obey(signals, n, o.Logger) })
		steering.Go(func() { tellProgress(ctx, n, out) })
		tellWhenReady(ctx, n, out)
		return nil
	})
	steering.Wait()
	return withRemedy(err)
}

// tellWhenReady prints the ready line, and before it why the node is not ready, if that
// takes a while, and again when the reason changes.
func tellWhenReady(ctx context.Context, n *node.Node, out lines) {
	look := time.NewTicker(2 * time.Second)
	defer look.Stop()
	for told := ""; ; {
		select {
		case <-n.Ready():
			out.say("ready", readyLine(n.Status(), n.AdminAddr()))
			return
		case <-look.C:
			if text := n.Readiness().String(); text != told {
				out.say("not ready", text)
				told = text
			}
		case <-ctx.Done():
			return
		}
	}
}

// readyLine tells an operator where everything is.
func readyLine(s node.Status, admin string) string {
	var b strings.Builder
	b.WriteString("ready: ")
	for _, h := range s.Hubs {
		fmt.Fprintf(&b, "hub %s%s, ", s.URL, h)
	}
	if s.Redis != "" {
		fmt.Fprintf(&b, "Redis endpoint %s, ", s.Redis)
	}
	for _, a := range s.Others {
		fmt.Fprintf(&b, "Redis endpoint of %s %s, ", a.Application, a.Redis)
	}
	fmt.Fprintf(&b, "peers %s, ", strings.Join(s.Addrs, " "))
	if admin != "" {
		fmt.Fprintf(&b, "admin http://%s/, ", admin)
	}
	alive := 0
	for _, m := range s.Members {
		if m.State == "alive" {
			alive++
		}
	}
	fmt.Fprintf(&b, "%s; other servers alive: %d", s.Health, alive)
	return b.String()
}
