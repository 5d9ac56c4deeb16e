package node_test

import (
	"context"
	"fmt"
	"log"

	"github.com/signalmesh/signalmesh/node"
	"github.com/signalmesh/signalmesh/signalr"
)

// Chat is a hub: its exported methods are what clients call.
type Chat struct{}

// Send passes a message on to every client of every server.
func (Chat) Send(call *signalr.Call, user, text string) error {
	return call.Clients().All().Send("ReceiveMessage", user, text)
}

func Example() {
	options := node.Options{
		HTTP:   "127.0.0.1:0", // where clients connect: http://…/chat
		Listen: "127.0.0.1:0", // where the other servers connect
		Hubs:   []signalr.HubOptions{{Path: "/chat", Hub: Chat{}}},
	}
	options.AddNCache(func(o *node.NCacheOptions) { // or UseFiles: true, for appsettings.json
		o.CacheName = "demoClusteredCache"
		o.ApplicationID = "chatApplication"
	})
	n, err := node.New(context.Background(), options)
	if err != nil {
		log.Fatal(err)
	}
	defer n.Close()
	<-n.Ready() // from now on, this server and the others receive each other's messages

	// From anywhere in the program, such as a background job:
	err = n.Hub("/chat").Clients(context.Background()).All().Send("ReceiveMessage", "server", "good morning")
	fmt.Println("sent:", err == nil)
	// Output: sent: true
}

// A node with a door and no hubs runs beside a server of ASP.NET Core, which is told
// this address in place of Redis'.
func ExampleOptions_redis() {
	options := node.Options{HTTP: "127.0.0.1:0", Listen: "127.0.0.1:0", Redis: "127.0.0.1:0"} // or port 6379
	options.AddNCache(func(o *node.NCacheOptions) {
		o.CacheName = "demoClusteredCache"
		o.ApplicationID = "chatApplication"
	})
	n, err := node.New(context.Background(), options)
	if err != nil {
		log.Fatal(err)
	}
	defer n.Close()
	fmt.Println("the door is open:", n.RedisAddr() != "")
	// Output: the door is open: true
}

// A hub in Go and a hub of ASP.NET Core are one hub if their full names and their
// channel prefixes are equal.
func ExampleOptions_aspNetCore() {
	options := node.Options{
		NCacheOptions: node.NCacheOptions{CacheName: "demoClusteredCache", ApplicationID: "chatApplication"},
		ChannelPrefix: "chatApplication",
		Hubs:          []signalr.HubOptions{{Path: "/chat", Hub: Chat{}, Name: "ChatSample.Hubs.ChatHub"}},
	}
	options.HTTP, options.Listen = "127.0.0.1:0", "127.0.0.1:0"
	n, err := node.New(context.Background(), options)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("closed:", n.Close() == nil)
	// Output: closed: true
}

// A publisher is a process that only sends, such as a job or a command.
func ExampleNewPublisher() {
	names := node.NCacheOptions{CacheName: "demoClusteredCache", ApplicationID: "chatApplication"}
	server, err := node.New(context.Background(), node.Options{
		Listen: "127.0.0.1:0", NCacheOptions: names,
		Hubs: []signalr.HubOptions{{Path: "/chat", Hub: Chat{}}},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()

	publisher, err := node.NewPublisher(context.Background(), node.Options{Bootstrap: server.PeerAddrs(), NCacheOptions: names})
	if err != nil {
		log.Fatal(err)
	}
	err = publisher.Clients(context.Background(), "Chat").All().Send("ReceiveMessage", "job", "done")
	fmt.Println("sent:", err == nil)
	fmt.Println("left:", publisher.Close() == nil)
	// Output:
	// sent: true
	// left: true
}
