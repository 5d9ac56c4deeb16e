// Command hub is a node with the hub of the C# program's ScenarioHub, in Go.
// The tests with Microsoft's .NET clients start three of them.
//
//	hub -listen 127.0.0.1:9800 -bootstrap 127.0.0.1:9801
//
// It prints the address of the hub, and runs until its stdin ends.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/signalmesh/signalmesh/node"
	"github.com/signalmesh/signalmesh/signalr"
	"github.com/signalmesh/signalmesh/signalr/protocol"
)

func main() {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // the end of the input is the signal
		stop()
	}()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "hub:", err)
		os.Exit(1)
	}
}

// run runs the node until ctx ends.
func run(ctx context.Context) error {
	o := node.Options{
		HTTP: "127.0.0.1:0", DrainDelay: -1, AllowAnonymous: true,
		NCacheOptions: node.NCacheOptions{CacheName: "demo", ApplicationID: "interop"},
		Logger:        slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
		Hubs:          hubs(),
		SignalR: signalr.Options{
			Authenticate: authenticate,
			Values:       protocol.Values{Converters: append(protocol.TimeSpans(), dayInJSON)},
		},
	}
	flag.StringVar(&o.Listen, "listen", "", "host:port for peers")
	flag.StringVar(&o.Redis, "redis", "", "host:port of the Redis endpoint")
	flag.StringVar(&o.ChannelPrefix, "channel-prefix", "", "ChannelPrefix of the ASP.NET Core servers at the Redis endpoint")
	flag.Func("bootstrap", "host:port of a peer; any number of times", func(peer string) error {
		o.Bootstrap = append(o.Bootstrap, peer)
		return nil
	})
	flag.Parse()
	n, err := node.New(ctx, o)
	if err != nil {
		return err
	}
	defer n.Close()
	select {
	case <-n.Ready():
		fmt.Printf("ready: http://%s\n", n.HTTPAddr())
		<-ctx.Done()
	case <-ctx.Done():
	}
	return nil
}

// hubs returns the hub at the paths of the C# program.
func hubs() []signalr.HubOptions {
	hub := new(Scenario)
	admin := map[string]signalr.Policy{"AdminOnly": isAdmin}
	base := signalr.HubOptions{Path: "/scenario", Hub: hub, Name: "SignalMesh.Interop.ScenarioHub", AuthorizeMethods: admin, StatefulReconnect: true}
	private := base
	private.Path, private.Authorize, private.CloseOnExpiry = "/private", signalr.Authenticated, true
	private.StatefulReconnect = false
	return []signalr.HubOptions{base, private}
}

// A role is the role of a user, as its token states it.
type role string

func isAdmin(u *signalr.User) bool { return u.Claims == role("admin") }

// authenticate reads a token: NAME, NAME;ROLE, or NAME;ROLE;EXPIRY in milliseconds of
// Unix time. The token "wrong" is refused.
func authenticate(r *http.Request) (*signalr.User, error) {
	token := signalr.BearerToken(r)
	if token == "" {
		return nil, nil
	}
	if token == "wrong" {
		return nil, errors.New("the token is wrong")
	}
	parts := strings.Split(token, ";")
	user := &signalr.User{ID: parts[0]}
	if len(parts) > 1 {
		user.Claims = role(parts[1])
	}
	if len(parts) > 2 {
		ms, err := strconv.ParseInt(parts[2], 10, 64)
		if err != nil {
			return nil, fmt.Errorf("expiry of the token: %w", err)
		}
		user.Expires = time.UnixMilli(ms)
	}
	return user, nil
}
