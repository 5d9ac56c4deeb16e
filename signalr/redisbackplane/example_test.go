package redisbackplane_test

import (
	"context"
	"log"
	"net/http"

	"github.com/signalmesh/signalmesh/signalr"
	"github.com/signalmesh/signalmesh/signalr/redisbackplane"
)

type chatHub struct{}

// A server that shares a Redis with servers of ASP.NET Core, whose hub is the class
// Chat.Hubs.ChatHub.
func ExampleNew() {
	plane, err := redisbackplane.New(context.Background(), redisbackplane.Options{Address: "localhost:6379"})
	if err != nil {
		log.Fatal(err)
	}
	defer plane.Close()
	server, err := signalr.NewServer(signalr.Options{
		Hubs:      []signalr.HubOptions{{Path: "/chat", Name: "Chat.Hubs.ChatHub", Hub: chatHub{}}},
		Backplane: plane,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	log.Fatal(http.ListenAndServe("localhost:5000", server))
}
