//go:build linux

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"runtime/debug"
	"time"

	signalmesh "github.com/signalmesh/signalmesh/node"
	"github.com/signalmesh/signalmesh/signalr"
)

// The hall is the hub of whole servers.
type hall struct{}

const hallPath = "/hall"

// Echo answers with what it is sent.
func (hall) Echo(text string) string { return text }

// Tell sends a text to everybody.
func (hall) Tell(call *signalr.Call, text string) error {
	return call.Clients().All().Send("hear", text)
}

// A wholeServer is a SignalR server on a backplane, as users have it.
type wholeServer struct {
	handler http.Handler
	peer    string // where the others reach it; empty: that is not needed
	meet    func(ctx context.Context, servers int) error
	close   func() error
}

// openServer opens one. The mesh has package node, others have package signalr on
// their backplane, which needs redis, the address of the Redis server. seed is another
// server of the mesh, and empty for the first.
func openServer(contestant, redis, seed string) (*wholeServer, error) {
	hubs := []signalr.HubOptions{{Path: hallPath, Hub: hall{}}}
	if contestant == contestantMesh {
		return openNode(hubs, seed)
	}
	o, err := openPlanes(contestant, redis, 1, nil)
	if err != nil {
		return nil, err
	}
	s, err := signalr.NewServer(signalr.Options{Hubs: hubs, Backplane: o.planes[0]})
	if err != nil {
		return nil, errors.Join(err, o.planes[0].Close(), o.close())
	}
	return &wholeServer{
		handler: s,
		meet:    func(context.Context, int) error { return nil },
		close:   func() error { return errors.Join(s.Close(), o.planes[0].Close(), o.close()) },
	}, nil
}

func openNode(hubs []signalr.HubOptions, seed string) (*wholeServer, error) {
	o := signalmesh.Options{
		Hubs: hubs, Listen: "127.0.0.1:0", Name: "bench",
		NCacheOptions: signalmesh.NCacheOptions{CacheName: "bench", ApplicationID: "bench", UserID: "bench", Password: "a benchmark's password"},
	}
	if seed != "" {
		o.Bootstrap = []string{seed}
	}
	n, err := signalmesh.New(context.Background(), o)
	if err != nil {
		return nil, err
	}
	return &wholeServer{
		handler: n.Handler(), peer: n.PeerAddrs()[0], close: n.Close,
		meet: func(ctx context.Context, servers int) error { return awaitLinked(ctx, n.Topic(), servers-1) },
	}, nil
}

// runServer is a process with a whole server. It ends when in does.
func runServer(args []string, in io.Reader, out io.Writer) (err error) {
	flags := flag.NewFlagSet(roleServer, flag.ContinueOnError)
	contestant := flags.String("contestant", "", "which backplane")
	redis := flags.String("redis", "", "address of the Redis server")
	seed := flags.String("seed", "", "address of another server")
	if err := flags.Parse(args); err != nil {
		return err
	}
	s, err := openServer(*contestant, *redis, *seed)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	web := &http.Server{Handler: s.handler, ReadHeaderTimeout: 10 * time.Second}
	go web.Serve(listener) // ends with Close
	defer web.Close()
	return obey(in, out, Reply{Address: listener.Addr().String(), Peer: s.peer}, func(ctx context.Context, c Command) (Reply, error) {
		switch c.Op {
		case opMeet:
			ctx, cancel := context.WithTimeout(ctx, patience)
			defer cancel()
			return Reply{}, s.meet(ctx, c.Servers)
		case opRest:
			runtime.GC() // halves stacks that are too large; so does the next
			debug.FreeOSMemory()
			return Reply{}, nil
		}
		return Reply{}, fmt.Errorf("a server is not told %q", c.Op)
	})
}
