package node_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/signalmesh/signalmesh/node"
	"github.com/signalmesh/signalmesh/signalr"
)

// The hubs on an application's own mux, beside its other pages.
func ExampleNode_Handler() {
	options := node.Options{
		Listen:        "127.0.0.1:0",
		Hubs:          []signalr.HubOptions{{Path: "/chat", Hub: Chat{}}},
		NCacheOptions: node.NCacheOptions{CacheName: "demo", ApplicationID: "shop"},
	}
	n, err := node.New(context.Background(), options)
	if err != nil {
		log.Fatal(err)
	}
	defer n.Close()

	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "the shop") })
	mux.Handle("/chat/", n.Handler())
	mux.Handle("/chat", n.Handler())
	server := httptest.NewServer(mux)
	defer server.Close()

	r, err := http.Post(server.URL+"/chat/negotiate?negotiateVersion=1", "", strings.NewReader(""))
	if err != nil {
		log.Fatal(err)
	}
	defer r.Body.Close()
	fmt.Println(r.StatusCode, r.Header.Get("Content-Type"))
	// Output: 200 application/json
}
