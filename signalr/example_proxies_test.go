package signalr_test

import (
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/signalmesh/signalmesh/signalr"
)

// A statusWriter remembers the status of a response.
type statusWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader implements http.ResponseWriter.
func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController, and so the hubs, reach the writer inside.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// A server behind a proxy and a middleware that wraps the response writer.
func Example_proxies() {
	proxied := signalr.Options{
		Hubs:           []signalr.HubOptions{{Path: "/presence", Hub: &Presence{}}},
		TrustedProxies: []string{"10.0.0.0/8"},
		AllowedHosts:   []string{"app.example"},
	}
	server, err := signalr.NewServer(proxied)
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	logging := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		server.ServeHTTP(status, r)
		fmt.Println(r.Host, status.status)
	})
	for _, host := range []string{"app.example", "rebound.example"} {
		r := httptest.NewRequest(http.MethodPost, "/presence/negotiate", nil)
		r.Host = host
		logging.ServeHTTP(httptest.NewRecorder(), r)
	}
	// Output:
	// app.example 200
	// rebound.example 403
}
