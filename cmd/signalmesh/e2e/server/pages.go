package main

import (
	"embed"
	"encoding/json"
	"net/http"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
)

//go:embed page.html client.js worker.js
var files embed.FS

// pages serves the page, the worker, and Microsoft's bundles from a folder of
// packages. The page gets a cookie.
func pages(scripts string) http.Handler {
	mux := http.NewServeMux()
	own := http.FileServerFS(files)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "visitor", Value: "42", Path: "/", HttpOnly: true})
		own.ServeHTTP(w, r)
	})
	for name, path := range map[string]string{
		"/signalr.js":             "signalr/dist/browser/signalr.min.js",
		"/signalr-worker.js":      "signalr/dist/webworker/signalr.min.js",
		"/signalr-messagepack.js": "signalr-protocol-msgpack/dist/browser/signalr-protocol-msgpack.min.js",
	} {
		mux.HandleFunc(name, func(w http.ResponseWriter, r *http.Request) {
			http.ServeFile(w, r, filepath.Join(scripts, path))
		})
	}
	return mux
}

// A State is what the tests ask for: how the server is, and what came to it.
type State struct {
	Opened      int64   `json:"opened"`
	Connected   int64   `json:"connected"`
	Connections float64 `json:"connections"` // as the metrics have it
	Streaming   int64   `json:"streaming"`
	Goroutines  int     `json:"goroutines"` // of package signalr
	Preflights  int64   `json:"preflights"`
	Foreign     int64   `json:"foreign"`
}

// state answers with the State.
func (p *Page) state(registry prometheus.Gatherer) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		metrics, err := registry.Gather()
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		s := State{
			Opened: p.opened.Load(), Connected: p.connected.Load(), Streaming: p.streaming.Load(),
			Goroutines: goroutines(), Preflights: p.preflights.Load(), Foreign: p.foreign.Load(),
		}
		for _, m := range metrics {
			if m.GetName() == "signalmesh_signalr_connections" {
				s.Connections = m.GetMetric()[0].GetGauge().GetValue()
			}
		}
		json.NewEncoder(w).Encode(s) // who asked may be gone
	})
}

// goroutines counts those that are in package signalr.
func goroutines() (count int) {
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	for stack := range strings.SplitSeq(string(stacks), "\n\n") {
		if strings.Contains(stack, "/signalr.(*") {
			count++
		}
	}
	return count
}
