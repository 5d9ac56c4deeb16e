// Command nats-server is the NATS server that the benchmarks put beside the mesh: core
// NATS with its default settings on 127.0.0.1, on a port that the system picks, without
// logs.
//
// It prints its address on one line and ends when its input does, or on SIGTERM. It is a
// module of its own, so that the modules of NATS are in nobody's go.sum but its own.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

func main() {
	version := flag.Bool("version", false, "print the version of NATS and end")
	flag.Parse()
	if *version {
		fmt.Println(server.VERSION)
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // however it ends, it has ended
		stop()
	}()
	if err := run(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "nats-server:", err)
		os.Exit(1)
	}
}

// run is a server until ctx ends.
func run(ctx context.Context, out io.Writer) error {
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, NoLog: true, NoSigs: true})
	if err != nil {
		return err
	}
	s.Start()
	defer s.WaitForShutdown()
	defer s.Shutdown()
	if !s.ReadyForConnections(10 * time.Second) {
		return errors.New("it takes no connections after 10 s")
	}
	if _, err := fmt.Fprintln(out, s.Addr()); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}
