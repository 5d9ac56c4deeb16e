package node_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/signalmesh/signalmesh/node"
	"github.com/signalmesh/signalmesh/signalr"
)

// An application with a web server stops in three steps: the clients of the hubs leave,
// the web server shuts down, the node closes. A request that is being handled can
// publish until the web server has shut down.
func ExampleNode_Drain() {
	n, err := node.New(context.Background(), node.Options{
		Listen:        "127.0.0.1:0",
		Hubs:          []signalr.HubOptions{{Path: "/chat", Hub: Chat{}}},
		NCacheOptions: node.NCacheOptions{CacheName: "demo", ApplicationID: "shop"},
	})
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/chat", n.Handler())
	mux.Handle("/chat/", n.Handler())
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if r := n.Readiness(); !r.Ready {
			http.Error(w, r.String(), http.StatusServiceUnavailable)
		}
	})
	handling := make(chan struct{})
	mux.HandleFunc("POST /orders", func(w http.ResponseWriter, r *http.Request) {
		close(handling)
		time.Sleep(200 * time.Millisecond) // the order is processed
		if err := n.Hub("/chat").Clients(r.Context()).All().Send("ReceiveMessage", "shop", "ordered"); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	web := &http.Server{Handler: mux}
	served := make(chan error, 1)
	go func() { served <- web.Serve(listener) }()
	ordered := make(chan string, 1)
	go func() { ordered <- order("http://" + listener.Addr().String() + "/orders") }()
	<-handling // a real program waits for SIGTERM: see signal.NotifyContext

	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	report, err := n.Drain(ctx) // 1. clients leave; the application can still send
	fmt.Println("moved", report.Moved, "disconnected", report.Disconnected, err)
	err = web.Shutdown(ctx) // 2. the web server finishes its requests
	fmt.Println("web server:", err, <-served)
	fmt.Println("order:", <-ordered)
	err = n.Close() // 3. the node leaves the mesh
	fmt.Println("node:", err)
	// Output:
	// moved 0 disconnected 0 <nil>
	// web server: <nil> http: Server closed
	// order: 200 OK
	// node: <nil>
}

// order makes an order and returns the status of the answer.
func order(url string) string {
	response, err := http.Post(url, "text/plain", strings.NewReader("one"))
	if err != nil {
		return err.Error()
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return err.Error()
	}
	return response.Status
}

// A program whose web server is the node's own leaves all steps to Run.
func ExampleRun() {
	ctx, stop := context.WithCancel(context.Background()) // or signal.NotifyContext
	err := node.Run(ctx, node.Options{
		HTTP:          "127.0.0.1:0",
		Static:        http.FileServer(http.Dir("public")), // or any handler of the application
		Listen:        "127.0.0.1:0",
		Hubs:          []signalr.HubOptions{{Path: "/chat", Hub: Chat{}}},
		NCacheOptions: node.NCacheOptions{CacheName: "demo", ApplicationID: "shop"},
	}, func(n *node.Node) error {
		fmt.Println("serving:", n.HTTPAddr() != "")
		stop() // as Ctrl-C does
		return nil
	})
	fmt.Println(err)
	// Output:
	// serving: true
	// <nil>
}
