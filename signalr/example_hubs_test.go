package signalr_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/signalmesh/signalmesh/signalr"
)

// Order is what clients send and are sent.
type Order struct {
	Items []string  `json:"items"`
	Note  *string   `json:"note"` // nil: none
	Due   time.Time `json:"due"`
	Photo []byte    `json:"photo,omitempty"`
}

// Shop is a hub with a method of each shape.
type Shop struct{}

// Visit takes nothing and returns nothing.
func (*Shop) Visit() {}

// Price returns a result.
func (*Shop) Price(item string, count int) float64 { return float64(count * len(item)) }

// Place returns a result or an error, and can be cancelled.
func (*Shop) Place(ctx context.Context, order Order) (id string, err error) {
	if len(order.Items) == 0 {
		return "", &signalr.HubError{Message: "an order needs items"}
	}
	return store(ctx, order)
}

// store keeps an order.
func store(context.Context, Order) (string, error) { return "", errSoldOut }

// errSoldOut is an error whose kind clients learn if errors are detailed.
var errSoldOut = &StockError{Item: "tea"}

// A StockError says what there is too little of.
type StockError struct{ Item string }

func (e *StockError) Error() string { return "no more " + e.Item }

// ErrorName is what clients see before the text.
func (e *StockError) ErrorName() string { return "StockException" }

// Presence is a hub that tells who comes and goes.
type Presence struct{}

// OnConnected lets in who has a name.
func (*Presence) OnConnected(call *signalr.Call) error {
	if call.UserID() == "" {
		return &signalr.HubError{Message: "sign in first"}
	}
	if err := call.Groups().Add(call.ConnectionID(), "here"); err != nil {
		return err
	}
	return call.Clients().OthersInGroup("here").Send("Came", call.UserID())
}

// OnDisconnected is told why: err is nil if the connection ended in order.
func (*Presence) OnDisconnected(call *signalr.Call, err error) {
	if err := call.Clients().Group("here").Send("Left", call.UserID()); err != nil {
		log.Print(err)
	}
}

// Leave ends the caller's connection.
func (*Presence) Leave(call *signalr.Call) { call.Abort() }

// userOf stands for what an application does with tokens.
func userOf(token string) string { return token }

// Hubs for pages of another origin, whose users have tokens.
func ExampleBearerToken() {
	options := signalr.Options{
		Hubs: []signalr.HubOptions{{
			Path:       "/presence",
			Hub:        &Presence{},
			Transports: signalr.WebSockets | signalr.LongPolling,
		}},
		AllowedOrigins: []string{"https://app.example"},
		UserID:         func(r *http.Request) string { return userOf(signalr.BearerToken(r)) },
	}
	server, err := signalr.NewServer(options)
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	web := httptest.NewServer(server)
	defer web.Close()

	r, err := http.Post(web.URL+"/presence/negotiate?negotiateVersion=1", "", http.NoBody)
	if err != nil {
		log.Fatal(err)
	}
	defer r.Body.Close()
	fmt.Println(r.StatusCode)
	// Output: 200
}

// Arguments and results of every shape.
func ExampleHubError() {
	server, err := signalr.NewServer(signalr.Options{Hubs: []signalr.HubOptions{{Path: "/shop", Hub: &Shop{}}}})
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()

	_, err = new(Shop).Place(context.Background(), Order{})
	_, told := errors.AsType[*signalr.HubError](err)
	fmt.Println(err, told)
	// Output: an order needs items true
}

// A background job of the same program sends and changes groups.
func ExampleServer_Hub() {
	server, err := signalr.NewServer(signalr.Options{
		Hubs: []signalr.HubOptions{{Path: "/rooms", Hub: &Rooms{}}},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()

	ctx := context.Background()
	hub := server.Hub("/rooms")
	err = hub.Clients(ctx).Group("red").Send("ReceiveMessage", "server", "good morning")
	fmt.Println(err)

	clients := hub.Clients(ctx)
	err = ReceiveMessage.Send(clients.Group("red"), "Ann", "hello")
	fmt.Println(err)

	err = hub.Groups(ctx).Add("nobody", "red")
	fmt.Println(errors.Is(err, signalr.ErrNoConnection))
	// Output:
	// <nil>
	// <nil>
	// true
}

// A server whose clients reconnect to another one before it closes.
func ExampleServer_Drain() {
	server, err := signalr.NewServer(signalr.Options{
		Hubs: []signalr.HubOptions{{Path: "/chat", Hub: &Chat{}}},
	})
	if err != nil {
		log.Fatal(err)
	}
	web := httptest.NewServer(server)

	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	report, err := server.Drain(ctx, 5*time.Second) // clients leave within 5 s
	fmt.Println(report.Moved, report.Disconnected, err)
	err = web.Config.Shutdown(ctx)
	fmt.Println(err)
	err = server.Close()
	fmt.Println(err)
	// Output:
	// 0 0 <nil>
	// <nil>
	// <nil>
}
