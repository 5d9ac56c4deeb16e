package main

import "github.com/signalmesh/signalmesh/signalr"

// An Order is a structure with everything in it that the hub protocols encode
// each in its own way.
type Order struct {
	Title    string            `json:"title"`
	Count    int64             `json:"count"`
	Price    float64           `json:"price"`
	Paid     bool              `json:"paid"`
	Tags     []string          `json:"tags"`
	Notes    map[string]string `json:"notes"`
	Image    []byte            `json:"image"`
	Previous *Order            `json:"previous"`
}

// Echo answers with what it is sent.
func (*Matrix) Echo(value any) any { return value }

// EchoText answers with the text it is sent.
func (*Matrix) EchoText(text string) string { return text }

// EchoInteger answers with the integer it is sent.
func (*Matrix) EchoInteger(n int64) int64 { return n }

// EchoNumber answers with the number it is sent.
func (*Matrix) EchoNumber(n float64) float64 { return n }

// EchoBool answers with the truth it is sent.
func (*Matrix) EchoBool(b bool) bool { return b }

// EchoBinary answers with the bytes it is sent: base64 in JSON.
func (*Matrix) EchoBinary(data []byte) []byte { return data }

// EchoOrder answers with the structure it is sent.
func (*Matrix) EchoOrder(o Order) Order { return o }

// RelayOrder sends a structure to all connections.
func (*Matrix) RelayOrder(call *signalr.Call, o Order) error {
	return call.Clients().All().Send(message, o)
}

// Relay sends any value to all connections.
func (*Matrix) Relay(call *signalr.Call, value any) error {
	return call.Clients().All().Send(message, value)
}
