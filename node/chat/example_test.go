package chat_test

import (
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/signalmesh/signalmesh/node/chat"
	"github.com/signalmesh/signalmesh/signalr"
)

// The chat and its page on a mux, without a mesh.
func Example() {
	hubs, err := signalr.NewServer(signalr.Options{
		Hubs:   []signalr.HubOptions{chat.Mount("/chat", "web-1")},
		UserID: chat.UserID,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer hubs.Close()

	mux := http.NewServeMux()
	mux.Handle("/chat", hubs)
	mux.Handle("/chat/", hubs)
	mux.Handle("/", chat.Page(nil)) // with signalr.min.js, browsers can chat

	for _, path := range []string{"/", "/chat.css", "/signalr.min.js"} {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		fmt.Println(path, w.Code)
	}

	// Output:
	// / 200
	// /chat.css 200
	// /signalr.min.js 404
}
