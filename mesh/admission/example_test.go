package admission_test

import (
	"fmt"
	"net"

	"github.com/signalmesh/signalmesh/mesh/admission"
)

func Example() {
	shop, err := admission.NewVerifier("demo", "shop", "correct horse battery staple")
	if err != nil {
		fmt.Println(err)
		return
	}
	users := []admission.User{{Name: "shop", Verifier: shop, Applications: []string{"shop"}}}
	gate, err := admission.New(admission.Options{Cache: "demo", UserID: "shop", Password: "correct horse battery staple", Users: users})
	if err != nil {
		fmt.Println(err)
		return
	}
	// Two nodes of that user, with a connection that has proven who they are.
	here, there := net.Pipe()
	channel := admission.Channel{Initiator: "peer A", Responder: "peer B"}
	go func() { _, _ = gate.Initiate(here, channel) }()
	who, err := gate.Respond(there, channel, nil)
	fmt.Println(err, who.User, who.Allows("shop"), who.Allows("chat"))
	// Output: <nil> shop true false
}
