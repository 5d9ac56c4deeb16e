package signalr_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"

	"github.com/signalmesh/signalmesh/signalr"
	"github.com/signalmesh/signalmesh/signalr/backplanetest"
)

// Archive embeds a type of another package.
type Archive struct{ bytes.Buffer }

// Clear is called Reset by clients.
func (*Archive) Clear() {}

// Audit is not for clients.
func (*Archive) Audit() {}

func ExampleMethods() {
	server, err := signalr.NewServer(signalr.Options{
		Hubs: []signalr.HubOptions{{
			Path: "/archive",
			Hub:  &Archive{},
			Methods: signalr.Methods{
				Include: []string{"Len"},
				Exclude: []string{"Audit"},
				Rename:  map[string]string{"Clear": "Reset"},
			},
		}},
		Development: true,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	fmt.Println(server.Serves("/Archive/negotiate"))
	// Output: true
}

func ExampleServer_Before() {
	server, err := signalr.NewServer(signalr.Options{Hubs: []signalr.HubOptions{{Path: "/chat", Hub: &Chat{}}}})
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	mux := http.NewServeMux()
	web := http.Server{Handler: server.Before(mux)}
	fmt.Println(web.Handler != nil)
	// Output: true
}

func ExamplePublisher() {
	backplane := backplanetest.NewMemory().Join() // or a mesh.Topic
	defer backplane.Close()
	publisher, err := signalr.NewPublisher(signalr.PublisherOptions{Backplane: backplane})
	if err != nil {
		log.Fatal(err)
	}
	defer publisher.Close()
	ctx := context.Background()
	err = publisher.Clients(ctx, "Chat").All().Send("ReceiveMessage", "shop", "open")
	if errors.Is(err, signalr.ErrNoHub) {
		fmt.Println("no server has the hub")
	}
	// Output: no server has the hub
}

func ExampleHub_Err() {
	server, err := signalr.NewServer(signalr.Options{Hubs: []signalr.HubOptions{{Path: "/chat", Hub: &Chat{}}}})
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	fmt.Println(server.Hub("/typo").Err())
	// Output: signalr: no such hub at "/typo"; there are hubs at /chat
}
