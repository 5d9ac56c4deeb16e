// Command server serves a hub and, on three origins, a page and a worker that use
// it: on the hub's own origin, on one that may use the hub, and on one that may
// not. The tests in Chromium start it.
//
//	server --scripts ../node_modules/@microsoft
//
// It prints the origins as JSON, in that order, and ends when its input does.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/signalmesh/signalmesh/signalr"
)

func main() {
	scripts := flag.String("scripts", "node_modules/@microsoft", "folder of Microsoft's packages")
	flag.Parse()
	if err := run(*scripts, os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "server:", err)
		os.Exit(1)
	}
}

// run serves until in ends.
func run(scripts string, in io.Reader, out io.Writer) error {
	var listeners []net.Listener // of the hub's own origin, the allowed, and the other
	var origins []string
	for range 3 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		defer l.Close()
		listeners = append(listeners, l)
		origins = append(origins, "http://"+l.Addr().String())
	}
	page, registry := new(Page), prometheus.NewRegistry()
	hubs, err := signalr.NewServer(signalr.Options{
		Hubs:           []signalr.HubOptions{{Path: "/hub", Hub: page}},
		AllowedOrigins: origins[1:2],
		UserID:         userID,
		PollGap:        3 * time.Second, // a page that polled and is gone is missed soon
		Metrics:        registry,
	})
	if err != nil {
		return err
	}
	defer hubs.Close()

	own := http.NewServeMux()
	own.Handle("/hub", page.count(hubs))
	own.Handle("/hub/", page.count(hubs))
	own.Handle("/state", page.state(registry))
	own.Handle("/", pages(scripts))
	failed := make(chan error, len(listeners))
	for i, l := range listeners {
		web := &http.Server{Handler: pages(scripts), ReadHeaderTimeout: 10 * time.Second}
		if i == 0 {
			web.Handler = own
		}
		defer web.Close()
		go func() { failed <- web.Serve(l) }() // ends with web
	}
	if err := json.NewEncoder(out).Encode(origins); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { // ends with the program at the latest
		_, err := io.Copy(io.Discard, in)
		ended <- err
	}()
	select {
	case err = <-ended:
	case err = <-failed:
	}
	return err
}

// userID takes "token-of-ann" for the token of the user "ann".
func userID(r *http.Request) string {
	user, ok := strings.CutPrefix(signalr.BearerToken(r), "token-of-")
	if !ok {
		return ""
	}
	return user
}
