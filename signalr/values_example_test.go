package signalr_test

import (
	"fmt"
	"log"
	"math/big"
	"time"

	"github.com/signalmesh/signalmesh/signalr"
	"github.com/signalmesh/signalmesh/signalr/protocol"
)

// rational lets a *big.Rat cross as text, and a time.Duration as a .NET TimeSpan.
var rational = protocol.Values{
	Naming:        protocol.AsDeclared,
	RefuseUnknown: true,
	Converters: append(protocol.TimeSpans(), protocol.Convert(
		func(r big.Rat) (string, error) { return r.RatString(), nil },
		func(text string) (r big.Rat, err error) {
			if _, ok := r.SetString(text); !ok {
				err = fmt.Errorf("%q is no fraction", text)
			}
			return r, err
		})),
}

// Values of an application's own, on a server and as bytes.
func ExampleOptions_values() {
	server, err := signalr.NewServer(signalr.Options{
		Hubs:   []signalr.HubOptions{{Path: "/shop", Hub: &Shop{}}},
		Values: rational,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()

	type recipe struct {
		Flour  *big.Rat
		Baking time.Duration
	}
	item := protocol.StreamItem{InvocationID: "1", Item: recipe{big.NewRat(3, 4), 90 * time.Minute}}
	frame, err := rational.JSON().Append(nil, item)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\n", frame[:len(frame)-1])
	// Output: {"type":2,"invocationId":"1","item":{"Flour":"3/4","Baking":"01:30:00"}}
}

// Point is [MessagePackObject] class Point { [Key(0)] public int X; [Key(1)] public int Y; } in C#.
type Point struct {
	X int `json:"x" msgpack:",key=0"`
	Y int `json:"y" msgpack:",key=1"`
}

// A struct whose fields have keys is an array in MessagePack.
func ExampleOptions_keys() {
	frame, err := protocol.MessagePack().Append(nil, protocol.StreamItem{InvocationID: "1", Item: Point{X: 3, Y: 4}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("% x\n", frame[len(frame)-3:])
	// Output: 92 03 04
}
