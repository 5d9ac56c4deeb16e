package door_test

import (
	"bufio"
	"fmt"
	"log"
	"net"

	"github.com/signalmesh/signalmesh/node/door"
	"github.com/signalmesh/signalmesh/node/exchange"
	"github.com/signalmesh/signalmesh/signalr/backplanetest"
)

// A program with a backplane of its own opens a door on it. With package node it is
// one option: Options.Redis.
func Example() {
	backplane := backplanetest.NewMemory().Join() // or a mesh.Topic
	defer backplane.Close()
	x, err := exchange.New(backplane)
	if err != nil {
		log.Fatal(err)
	}
	defer x.Close()
	l, err := net.Listen("tcp", "127.0.0.1:0") // or port 6379
	if err != nil {
		log.Fatal(err)
	}
	d, err := door.New(door.Options{Listener: l, Exchange: x})
	if err != nil {
		log.Fatal(err)
	}
	defer d.Close()

	client, err := net.Dial("tcp", d.Addr().String()) // any client of Redis
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	fmt.Fprint(client, "PING\r\n")
	answer, err := bufio.NewReader(client).ReadString('\n')
	fmt.Printf("%q %v\n", answer, err)
	// Output: "+PONG\r\n" <nil>
}
