package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/libp2p/go-libp2p/gologshim"
	"github.com/spf13/cobra"

	"github.com/signalmesh/signalmesh/node"
	"github.com/signalmesh/signalmesh/node/chat"
)

const (
	demoCache       = "demoClusteredCache"
	demoApplication = "chatApplication"
	// demoReady is how long a server of the demo has to find another one before
	// it counts as running anyway.
	demoReady = 10 * time.Second
	// maxScript is how long Microsoft's client may be; it is 47 kB.
	maxScript = 4 << 20
)

// demoFlags are the command line of "signalmesh demo".
type demoFlags struct {
	httpPort  int
	signalrJS string
}

func newDemoCommand() *cobra.Command {
	f := &demoFlags{}
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Run three servers with a chat page each",
		Long: `Run three servers in this process, each with its own HTTP port and libp2p peer,
which find each other through an ordinary client.ncconf. Each serves a chat
page; what is written on one is read on all.

The page, or 1, 2 or 3 and Enter in the terminal, stops and starts a server, to
see the others carry on and it come back. Ctrl-C ends the demo.`,
		Example: `  signalmesh demo
  signalmesh demo --http-port 6001                  if 5001 to 5003 are taken`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.run(cmd.Context(), cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.IntVar(&f.httpPort, "http-port", 5001, "first of three HTTP `port`s in a row; 0 lets the system pick them")
	flags.StringVar(&f.signalrJS, "signalr-js", "build/demo/signalr.min.js", "`path` of the browser client of npm's @microsoft/signalr")
	return cmd
}

func (f *demoFlags) run(ctx context.Context, stdin io.Reader, stdout, stderr io.Writer) (err error) {
	script, err := readScript(f.signalrJS)
	if errors.Is(err, fs.ErrNotExist) {
		fmt.Fprintf(stderr, "signalmesh: %s is not there, so the chat page cannot connect: run \"make demo\", or name the file with --signalr-js\n", f.signalrJS)
	} else if err != nil {
		return err
	}
	places, err := pickPlaces(f.httpPort)
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "signalmesh-demo-")
	if err != nil {
		return fmt.Errorf("make a folder for client.ncconf: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	files, err := writeDemoFiles(folder, places)
	if err != nil {
		return err
	}
	gologshim.SetDefaultHandler(slog.DiscardHandler) // what matters of the network the mesh tells itself

	page := chat.Page(script)
	color := colored(stderr)
	stderr = &terminal{w: stderr}
	loggers := demoLoggers(stderr, color)
	servers := openFleet(places, loggers, func(ctx context.Context, f *fleet, p place) (demoNode, error) {
		return openDemoNode(ctx, files.options(p, f.handler(p, page), loggers[p.number-1]))
	})
	defer func() { err = errors.Join(err, servers.Close()) }()
	if err := servers.settle(ctx); err != nil {
		if ctx.Err() != nil {
			return nil // Ctrl-C came first
		}
		return err
	}
	fmt.Fprint(stdout, banner(places, files, colored(stdout)))
	obeyKeys(ctx, stdin, servers)
	fmt.Fprintln(stderr, "leaving; Ctrl-C again kills")
	return nil
}

// readScript reads Microsoft's client.
func readScript(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("--signalr-js: %w", err)
	}
	defer f.Close()
	script, err := io.ReadAll(io.LimitReader(f, maxScript+1))
	if err != nil {
		return nil, fmt.Errorf("--signalr-js: %w", err)
	}
	if len(script) > maxScript {
		return nil, fmt.Errorf("--signalr-js: %s has more than %d bytes; it is not dist/browser/signalr.min.js of @microsoft/signalr", path, maxScript)
	}
	return script, nil
}

// options are those of the node at p.
func (f demoFiles) options(p place, page http.Handler, logger *slog.Logger) node.Options {
	o := node.Options{
		HTTP: p.http, Static: page,
		Listen: p.peer, Bootstrap: f.bootstrap,
		NCConf: f.ncconf, Config: f.config,
		Name: p.name(), Version: version,
		DrainDelay: -1, // there is no load balancer
		Logger:     logger,
	}
	o.Hubs = append(o.Hubs, chat.Mount("/chat", p.name()))
	o.SignalR.UserID = chat.UserID
	return o
}

// openDemoNode opens a node and waits until it has met another one, or has looked
// everywhere once.
func openDemoNode(ctx context.Context, o node.Options) (demoNode, error) {
	n, err := node.New(ctx, o)
	if err != nil {
		return nil, err
	}
	patience := time.NewTimer(demoReady)
	defer patience.Stop()
	select {
	case <-n.Ready():
	case <-patience.C:
	case <-ctx.Done():
		return nil, errors.Join(ctx.Err(), n.Close())
	}
	return n, nil
}
