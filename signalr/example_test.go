package signalr_test

import (
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/gorilla/websocket"
	"github.com/signalmesh/signalmesh/signalr"
)

// Chat is a hub: its exported methods are what clients call.
type Chat struct{}

// Send makes every client run its ReceiveMessage.
func (*Chat) Send(call *signalr.Call, user, text string) error {
	return call.Clients().All().Send("ReceiveMessage", user, text)
}

// Join makes the caller a member of a room.
func (*Chat) Join(call *signalr.Call, room string) error {
	if room == "" {
		return &signalr.HubError{Message: "a room needs a name"}
	}
	return call.Groups().Add(call.ConnectionID(), room)
}

// A hub mounted beside an application's own pages.
func Example() {
	server, err := signalr.NewServer(signalr.Options{
		Hubs: []signalr.HubOptions{{Path: "/chat", Hub: &Chat{}}},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()

	mux := http.NewServeMux()
	mux.Handle("/chat", server)
	mux.Handle("/chat/", server)
	web := httptest.NewServer(mux)
	defer web.Close()

	// Clients are Microsoft's, in a browser or elsewhere. This one spells out
	// what they send: the handshake, and a call of Send without wanting an answer.
	client, _, err := websocket.DefaultDialer.Dial(strings.Replace(web.URL, "http", "ws", 1)+"/chat", nil)
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	for _, message := range []string{
		`{"protocol":"json","version":1}`,
		`{"type":1,"target":"Send","arguments":["Ann","hello"]}`,
	} {
		client.WriteMessage(websocket.TextMessage, []byte(message+"\x1e"))
	}
	// Each message ends with a separator; several may share a WebSocket message.
	received := ""
	for strings.Count(received, "\x1e") < 2 {
		_, message, err := client.ReadMessage()
		if err != nil {
			log.Fatal(err)
		}
		received += string(message)
	}
	fmt.Print(strings.ReplaceAll(received, "\x1e", "\n"))

	// Output:
	// {}
	// {"type":1,"target":"ReceiveMessage","arguments":["Ann","hello"]}
}
