package signalr

import (
	"fmt"
	"strings"
)

// Transports are a set of the ways in which clients connect.
type Transports uint8

// The transports, in the order in which clients try them.
const (
	// WebSockets carry both directions over one connection.
	WebSockets Transports = 1 << iota
	// ServerSentEvents are a response that does not end, for what the server
	// sends, and POST requests for what the client does. They carry text only,
	// so JSON and not MessagePack.
	ServerSentEvents
	// LongPolling is a request that waits for something to be sent, again and
	// again, and POST requests for what the client sends.
	LongPolling

	allTransports = WebSockets | ServerSentEvents | LongPolling
)

// offers are what clients are told of the transports, in order.
var offers = []struct {
	transport Transports
	name      string
	formats   []string
}{
	{WebSockets, "WebSockets", []string{"Text", "Binary"}},
	{ServerSentEvents, "ServerSentEvents", []string{"Text"}},
	{LongPolling, "LongPolling", []string{"Text", "Binary"}},
}

// String names the transports, in the words of negotiation.
func (t Transports) String() string {
	var names []string
	for _, o := range offers {
		if t&o.transport != 0 {
			names = append(names, o.name)
		}
	}
	if rest := t &^ allTransports; rest != 0 || t == 0 {
		names = append(names, fmt.Sprintf("Transports(%d)", uint8(rest)))
	}
	return strings.Join(names, "|")
}

// available lists the transports as clients learn of them.
func (t Transports) available() []availableTransport {
	list := make([]availableTransport, 0, len(offers))
	for _, o := range offers {
		if t&o.transport != 0 {
			list = append(list, availableTransport{Transport: o.name, Formats: o.formats})
		}
	}
	return list
}
