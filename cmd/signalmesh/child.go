package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"github.com/signalmesh/signalmesh/node"
)

// childPorts is how many ports after the default one a child tries for its peers.
const childPorts = 16

// A childEvent is a line on the standard output of a node that is a child:
//
//	starting ──▶ listening ──▶ ready ──▶ leaving
//	   └──▶ failed       └──────────────────▲
//
// After "leaving" and "failed" the process ends.
type childEvent struct {
	Event string `json:"event"`
	PID   int    `json:"pid"`
	// Error is why the node failed.
	Error string `json:"error,omitempty"`

	// The other fields are those of "listening" and "ready".

	Redis       string   `json:"redis,omitempty"` // host:port, or unix: with a path
	HTTP        string   `json:"http,omitempty"`  // host:port
	Admin       string   `json:"admin,omitempty"` // host:port
	Peers       []string `json:"peers,omitempty"` // multiaddrs
	Peer        string   `json:"peer,omitempty"`
	Name        string   `json:"name,omitempty"`
	Version     string   `json:"version,omitempty"`
	Cache       string   `json:"cache,omitempty"`
	Application string   `json:"application,omitempty"`
	Health      string   `json:"health,omitempty"`
}

// events writes events. It may be used concurrently.
type events struct {
	mu  sync.Mutex
	out *json.Encoder
}

// write writes one event. n may be nil. Errors are ignored: the parent that does not read
// has ended, and so does standard input.
func (e *events) write(event string, n *node.Node, cause error) {
	line := childEvent{Event: event, PID: os.Getpid()}
	if cause != nil {
		line.Error = cause.Error()
	}
	if n != nil {
		s := n.Status()
		line.Redis, line.HTTP, line.Admin, line.Peers, line.Peer = s.Redis, s.HTTP, n.AdminAddr(), s.Addrs, s.Peer
		line.Name, line.Version, line.Cache, line.Application, line.Health = s.Name, s.Version, s.Cache, s.Application, string(s.Health)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	_ = e.out.Encode(line)
}

// runChild runs the node as the child of another program, until standard input ends. The
// system closes standard input however that program ends. Signals that a terminal or a
// service manager sends to both do not end the child, so that it serves the program until
// that has finished.
func (f *nodeFlags) runChild(stdin io.Reader, stdout, stderr io.Writer) error {
	held := make(chan os.Signal, 1) // not read; SIGPIPE would end the process when it writes after its parent has ended
	signal.Notify(held, os.Interrupt, syscall.SIGTERM, syscall.SIGQUIT, syscall.SIGPIPE)
	defer signal.Stop(held)
	signals, stop := catchSignals()
	defer stop()
	told := &events{out: json.NewEncoder(stdout)}
	o, err := f.options(stderr)
	if err != nil {
		err = &node.SettingsError{Err: err}
	} else {
		out := f.log.lines(stderr, o.Logger)
		if f.printConfig {
			return f.print(o, stdout, out)
		}
		for _, text := range f.warnings {
			o.Logger.Warn(text)
		}
		o.NextPorts, o.UseFiles = childPorts, false // the parent has read its files
		o.RedisClientsStay = true                   // the parent knows the endpoint of its child only
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		go func() { // it ends with standard input, or with the process
			_, _ = io.Copy(io.Discard, stdin)
			cancel()
		}()
		err = serveChild(ctx, o, told, signals)
	}
	if err != nil {
		err = withRemedy(err)
		told.write("failed", nil, err)
	}
	return err
}

// serveChild runs the node until ctx ends.
func serveChild(ctx context.Context, o node.Options, told *events, signals <-chan os.Signal) error {
	var steering sync.WaitGroup
	defer steering.Wait()
	err := node.Run(ctx, o, func(n *node.Node) error {
		steering.Go(func() { obey(signals, n, o.Logger) })
		told.write("listening", n, nil)
		steering.Go(func() {
			select {
			case <-n.Ready():
				told.write("ready", n, nil)
			case <-ctx.Done():
			}
			<-ctx.Done()
			told.write("leaving", nil, nil)
		})
		return nil
	})
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		return nil // the parent ended before the node was open
	}
	return err
}
