//go:build linux

package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/signalmesh/signalmesh/node"
	"github.com/signalmesh/signalmesh/signalr"
)

// Where a node listens, in its own namespace.
const (
	clientPort = "5000"
	adminPort  = "5001"
	peerPort   = "9800"
)

// drainTimeout is how long clients have to leave when a server is stopped.
const drainTimeout = 5 * time.Second

// received is the method of clients that is sent to.
const received = "received"

// A Hub publishes what its clients ask for, to every kind of audience.
type Hub struct{}

// Join makes the caller a member of a group.
func (Hub) Join(call *signalr.Call, group string) error {
	return call.Groups().Add(call.ConnectionID(), group)
}

// All sends to all connections, Group to the members of a group, and User to the
// connections of a user, which are all on one server.
func (Hub) All(call *signalr.Call, text string) error {
	return call.Clients().All().Send(received, text)
}

// Group sends to the members of a group.
func (Hub) Group(call *signalr.Call, group, text string) error {
	return call.Clients().Group(group).Send(received, text)
}

// User sends to the connections of a user.
func (Hub) User(call *signalr.Call, user, text string) error {
	return call.Clients().User(user).Send(received, text)
}

// Vitals are what must not grow in a process that has nothing new to do.
type Vitals struct {
	Goroutines int `json:"goroutines"`
	RSS        int `json:"rss"` // bytes, after a collection
}

// runServer is the program of a node, which the harness starts in each namespace:
// that of "signalmesh node" but for the hub and a page of vitals.
func runServer(ctx context.Context, args []string, stderr io.Writer) int {
	o := node.Options{
		HTTP: "127.0.0.1:" + clientPort, Admin: "127.0.0.1:" + adminPort, Listen: "0.0.0.0:" + peerPort,
		Web:           node.Web{AllowedHosts: []string{"host"}}, // the name in the URLs of the suite
		NCacheOptions: node.NCacheOptions{CacheName: "faults", ApplicationID: "load", UserID: "faults", Password: "not a secret"},
		Logger:        slog.New(slog.NewTextHandler(stderr, nil)),
		Hubs:          []signalr.HubOptions{{Path: "/load", Hub: Hub{}}},
		SignalR:       signalr.Options{UserID: func(r *http.Request) string { return r.URL.Query().Get("user") }},
		Static:        http.HandlerFunc(serveVitals),
		DrainDelay:    -1, // there is no load balancer
	}
	flags := flag.NewFlagSet("node", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.Name, "name", "", "name shown to people")
	flags.DurationVar(&o.ReplayAge, "replay-age", 0, "how long messages are kept for a server that is away")
	flags.Func("bootstrap", "host:port of a peer; any number of times", func(peer string) error {
		o.Bootstrap = append(o.Bootstrap, peer)
		return nil
	})
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if err := serve(ctx, o); err != nil {
		fmt.Fprintln(stderr, "node:", err)
		return 1
	}
	return 0
}

// serve runs a node until ctx ends.
func serve(ctx context.Context, o node.Options) error {
	n, err := node.New(ctx, o)
	if err != nil {
		return err
	}
	<-ctx.Done()
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
	defer cancel()
	return n.Shutdown(drain)
}

// serveVitals collects garbage and says what is left.
func serveVitals(w http.ResponseWriter, _ *http.Request) {
	debug.FreeOSMemory()
	v := Vitals{Goroutines: runtime.NumGoroutine(), RSS: residentBytes()}
	_ = json.NewEncoder(w).Encode(v) // the client went away: nobody to tell
}

// residentBytes is the second field of /proc/self/statm (proc(5)), or 0.
func residentBytes() int {
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(b))
	if len(fields) < 2 {
		return 0
	}
	pages, _ := strconv.Atoi(fields[1]) // 0 if it is no number
	return pages * os.Getpagesize()
}
