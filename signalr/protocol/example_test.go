package protocol_test

import (
	"fmt"

	"github.com/signalmesh/signalmesh/signalr/protocol"
)

func Example() {
	p := protocol.JSON()
	buf, _ := p.Append(nil, protocol.Invocation{Target: "Send", Arguments: []any{"ann", struct{ RoomID int }{7}}})
	fmt.Printf("%q\n", buf)

	body, rest, _ := p.Split(buf, 32<<10)
	m, _ := p.Parse(body)
	call := m.(protocol.Invocation)
	var user string
	var room struct{ RoomID int }
	_ = p.Bind(call.Arguments[0].(protocol.Raw), &user)
	_ = p.Bind(call.Arguments[1].(protocol.Raw), &room)
	fmt.Println(call.Target, user, room.RoomID, len(rest))
	// Output:
	// "{\"type\":1,\"target\":\"Send\",\"arguments\":[\"ann\",{\"roomID\":7}]}\x1e"
	// Send ann 7 0
}
