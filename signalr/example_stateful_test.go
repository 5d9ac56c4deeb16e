package signalr_test

import (
	"fmt"
	"io"
	"log"
	"net/http/httptest"
	"strings"

	"github.com/signalmesh/signalmesh/signalr"
)

// A hub whose clients may lose their WebSocket for some seconds.
func ExampleHubOptions_statefulReconnect() {
	server, err := signalr.NewServer(signalr.Options{
		Hubs: []signalr.HubOptions{{Path: "/chat", Hub: &Chat{}, StatefulReconnect: true}},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	web := httptest.NewServer(server)
	defer web.Close()

	response, err := web.Client().Post(web.URL+"/chat/negotiate?negotiateVersion=1&useStatefulReconnect=true", "", nil)
	if err != nil {
		log.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(strings.HasPrefix(string(answer), `{"useStatefulReconnect":true,`))
	// Output: true
}
