package exchange_test

import (
	"context"
	"fmt"
	"log"

	"github.com/signalmesh/signalmesh/node/exchange"
	"github.com/signalmesh/signalmesh/signalr"
	"github.com/signalmesh/signalmesh/signalr/backplanetest"
)

// A printer is a subscriber that prints.
type printer struct{}

func (printer) Deliver(m *exchange.Message) { fmt.Printf("%s: %s\n", m.Channel, m.Data) }

// Chat is a hub.
type Chat struct{}

// Send passes a text on to everybody.
func (Chat) Send(call *signalr.Call, text string) error {
	return call.Clients().All().Send("receive", text)
}

// Hubs and other subscribers share one backplane, and hear each other.
func Example() {
	backplane := backplanetest.NewMemory().Join() // or a mesh.Topic
	defer backplane.Close()
	x, err := exchange.New(backplane)
	if err != nil {
		log.Fatal(err)
	}
	defer x.Close()
	hubs, err := signalr.NewServer(signalr.Options{
		Hubs:      []signalr.HubOptions{{Path: "/chat", Hub: Chat{}}},
		Backplane: x.Port("shop:"), // every channel begins with it
	})
	if err != nil {
		log.Fatal(err)
	}
	defer hubs.Close()

	ctx := context.Background()
	confirm, err := x.Subscribe(exchange.Request{Name: exchange.Name{Kind: exchange.Pattern, Text: "shop:news.*"}, Sink: printer{}})
	if err != nil {
		log.Fatal(err)
	}
	if err := confirm(ctx); err != nil { // every other server knows
		log.Fatal(err)
	}
	n, err := x.Publish(ctx, exchange.Channel, &exchange.Message{Channel: "shop:news.today", Data: []byte("rain")})
	fmt.Println("subscribers:", n, err)
	n, err = x.Count(ctx, exchange.Name{Kind: exchange.Channel, Text: "shop:Chat:all"})
	fmt.Println("servers with the hub:", n, err)
	// Output:
	// shop:news.today: rain
	// subscribers: 1 <nil>
	// servers with the hub: 1 <nil>
}
