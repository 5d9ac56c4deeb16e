// Command server is a node like that of "signalmesh node", with a hub that has a
// method for every audience, or one that also streams, asks clients, and ends
// connections. The interoperability tests start three of them.
//
//	server node --http 127.0.0.1:5001 --listen 127.0.0.1:9800 --ncconf client.ncconf --config appsettings.json --hub matrix
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/signalmesh/signalmesh/node"
	"github.com/signalmesh/signalmesh/signalr"
)

// drainTimeout is how long clients have to leave when the server is stopped.
const drainTimeout = 5 * time.Second

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal kills at once
	os.Exit(run(ctx, os.Args[1:], os.Stderr))
}

// run is the program: 0 is a clean end, 1 a failure, 2 a wrong command line.
func run(ctx context.Context, args []string, stderr io.Writer) int {
	o, err := options(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2 // the flag set has told it
	}
	if err := serve(ctx, o, stderr); err != nil {
		fmt.Fprintln(stderr, "server:", err)
		return 1
	}
	return 0
}

// options reads the flags of "signalmesh node" that the tests use.
func options(args []string, stderr io.Writer) (node.Options, error) {
	o := node.Options{
		DrainDelay: -1, // there is no load balancer
		Logger:     slog.New(slog.NewTextHandler(stderr, nil)),
		SignalR:    signalr.Options{UserID: func(r *http.Request) string { return r.URL.Query().Get("user") }},
	}
	flags := flag.NewFlagSet("server node", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.Name, "name", "", "name shown to people")
	flags.StringVar(&o.HTTP, "http", "", "host:port of the hub")
	flags.StringVar(&o.Admin, "admin", "", "host:port of health and status")
	flags.Func("listen", "host:port for peers; any number of times", func(addr string) error {
		o.Listen += "," + addr
		return nil
	})
	flags.StringVar(&o.NCConf, "ncconf", "", "path of client.ncconf")
	flags.StringVar(&o.Config, "config", "", "path of appsettings.json")
	flags.StringVar(&o.Redis, "redis", "", "host:port of the Redis endpoint")
	flags.BoolVar(&o.AllowAnonymous, "allow-anonymous", false, "needs no password")
	flags.BoolVar(&o.SignalR.DetailedErrors, "detailed-errors", false, "tell clients the text of every error")
	flags.Func("bootstrap", "host:port of a peer; any number of times", func(peer string) error {
		o.Bootstrap = append(o.Bootstrap, peer)
		return nil
	})
	stateful := flags.Bool("stateful-reconnect", false, "clients may have stateful reconnect")
	flags.DurationVar(&o.SignalR.StatefulGap, "stateful-gap", 0, "how long they may take to come back")
	hub := flags.String("hub", "matrix", "name of the hub, served at /NAME: a Dialogue if it is dialogue, else a Matrix")
	if len(args) > 0 && args[0] == "node" {
		args = args[1:]
	}
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		err := fmt.Errorf("%q is no flag", flags.Arg(0))
		fmt.Fprintln(stderr, "server:", err)
		return o, err
	}
	o.Hubs = []signalr.HubOptions{{Path: "/" + *hub, Hub: newHub(*hub, cmp.Or(o.Name, o.HTTP)), StatefulReconnect: *stateful}}
	return o, nil
}

// newHub returns the hub of that name.
func newHub(name, server string) any {
	matrix := &Matrix{server: server}
	if name == "dialogue" {
		return &Dialogue{Matrix: matrix}
	}
	return matrix
}

// serve runs a node until ctx ends.
func serve(ctx context.Context, o node.Options, stderr io.Writer) error {
	n, err := node.New(ctx, o)
	if err != nil {
		return err
	}
	defer n.Close()
	select {
	case <-n.Ready():
		if peers := n.PeerAddrs(); len(peers) > 0 {
			fmt.Fprintf(stderr, "peers: %s\n", peers[0])
		}
		fmt.Fprintf(stderr, "ready: %s\n", n.HTTPAddr())
		<-ctx.Done()
	case <-ctx.Done():
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
	defer cancel()
	return n.Shutdown(drain)
}
