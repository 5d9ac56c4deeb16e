package signalr_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/signalmesh/signalmesh/signalr"
)

// Rooms is a hub that asks its clients.
type Rooms struct{}

// Invite asks another client, on whichever server, whether it wants to come.
func (*Rooms) Invite(call *signalr.Call, connectionID, room string) (bool, error) {
	ctx, cancel := context.WithTimeout(call.Context(), 30*time.Second)
	defer cancel()
	return signalr.Invoke[bool](ctx, call.Clients().Client(connectionID), "Confirm", room)
}

func ExampleInvoke() {
	server, err := signalr.NewServer(signalr.Options{
		Hubs: []signalr.HubOptions{{Path: "/rooms", Hub: &Rooms{}}},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()

	ctx := context.Background()
	_, err = signalr.Invoke[bool](ctx, server.Hub("/rooms").Clients(ctx).Client("nobody"), "Confirm", "red")
	fmt.Println(err)
	fmt.Println(errors.Is(err, signalr.ErrNoConnection))
	// Output:
	// Connection 'nobody' does not exist.
	// true
}

func ExampleHub_DisconnectUser() {
	server, err := signalr.NewServer(signalr.Options{
		Hubs: []signalr.HubOptions{{Path: "/rooms", Hub: &Rooms{}}},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()

	hub := server.Hub("/rooms")
	ended, err := hub.DisconnectUser(context.Background(), "ann")
	fmt.Println(ended, err)
	// Output: 0 <nil>
}

// ReceiveMessage is a method of the clients, with a user and a text.
const ReceiveMessage signalr.Event2[string, string] = "ReceiveMessage"

func ExampleEvent2() {
	server, err := signalr.NewServer(signalr.Options{
		Hubs: []signalr.HubOptions{{Path: "/rooms", Hub: &Rooms{}}},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()

	clients := server.Hub("/rooms").Clients(context.Background())
	fmt.Println(ReceiveMessage.Send(clients.Group("red"), "Ann", "hello"))
	// Output: <nil>
}
