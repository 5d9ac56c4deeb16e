// Command chat is a SignalR server with one hub. The README shows it.
package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"

	"github.com/signalmesh/signalmesh/node"
	"github.com/signalmesh/signalmesh/signalr"
)

// Chat is a hub. Clients call its exported methods.
type Chat struct{}

// Send sends a message to every client of every server.
func (Chat) Send(call *signalr.Call, user, text string) error {
	return call.Clients().All().Send("ReceiveMessage", user, text)
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := node.Run(ctx, node.Options{ // until Ctrl-C; then its clients move to other servers
		NCacheOptions: node.NCacheOptions{CacheName: "demo", ApplicationID: "chat"},
		HTTP:          os.Args[1],  // where clients connect: http://…/chat
		Listen:        os.Args[2],  // where the other servers connect
		Bootstrap:     os.Args[3:], // servers that run already
		Hubs:          []signalr.HubOptions{{Path: "/chat", Hub: Chat{}}},
		Logger:        slog.Default(),
	}, nil)
	if err != nil {
		slog.Error("chat ended", "err", err)
		os.Exit(1)
	}
}
