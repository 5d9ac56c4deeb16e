package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/signalmesh/signalmesh/signalr"
	"github.com/signalmesh/signalmesh/signalr/protocol"
)

// The Echo methods return what they are sent.

func (*Scenario) EchoAny(v any) any                                  { return v }
func (*Scenario) EchoBool(v bool) bool                               { return v }
func (*Scenario) EchoByte(v uint8) uint8                             { return v }
func (*Scenario) EchoShort(v int16) int16                            { return v }
func (*Scenario) EchoInt(v int32) int32                              { return v }
func (*Scenario) EchoLong(v int64) int64                             { return v }
func (*Scenario) EchoULong(v uint64) uint64                          { return v }
func (*Scenario) EchoFloat(v float32) float32                        { return v }
func (*Scenario) EchoDouble(v float64) float64                       { return v }
func (*Scenario) EchoDecimal(v any) any                              { return v } // a number in JSON, a text in MessagePack
func (*Scenario) EchoString(v string) string                         { return v }
func (*Scenario) EchoText(v *string) *string                         { return v }
func (*Scenario) EchoNullable(v *int32) *int32                       { return v }
func (*Scenario) EchoBytes(v []byte) []byte                          { return v }
func (*Scenario) EchoDateTime(v time.Time) time.Time                 { return v }
func (*Scenario) EchoDateTimeOffset(v time.Time) time.Time           { return v }
func (*Scenario) EchoTimeSpan(v time.Duration) time.Duration         { return v }
func (*Scenario) EchoDateOnly(v protocol.DateOnly) protocol.DateOnly { return v }
func (*Scenario) EchoTimeOnly(v protocol.TimeOnly) protocol.TimeOnly { return v }
func (*Scenario) EchoChar(v protocol.Char) protocol.Char             { return v }
func (*Scenario) EchoGuid(v string) string                           { return v }
func (*Scenario) EchoColor(v Color) Color                            { return v }
func (*Scenario) EchoInts(v []int32) []int32                         { return v }
func (*Scenario) EchoNames(v map[string]int32) map[string]int32      { return v }
func (*Scenario) EchoNumbered(v map[int32]string) map[int32]string   { return v }
func (*Scenario) EchoOrder(v Order) Order                            { return v }
func (*Scenario) EchoPoint(v Point) Point                            { return v }
func (*Scenario) EchoDay(v Day) Day                                  { return v }
func (*Scenario) NameOf(v Color) string                              { return v.String() }
func (*Scenario) Repeat(text string, n int) string                   { return strings.Repeat(text, n) }
func (*Scenario) Length(text string) int                             { return len(text) }
func (*Scenario) Two(a int32, b string) string                       { return fmt.Sprintf("%d %s", a, b) }

// Push sends values to the caller.
func (*Scenario) Push(call *signalr.Call) error {
	return call.Clients().Caller().Send("Pushed", int64(9007199254740993), "text", []byte{0, 1, 255}, time.Unix(1700000000, 0).UTC(), Point{3, 4}, nil)
}

// An Order is a class with properties of several types.
type Order struct {
	Title    string
	Count    int64
	Price    float64
	Paid     bool
	Tags     []string
	Notes    map[string]string
	Image    []byte
	Created  time.Time
	Previous *Order
}

// A Point is [MessagePackObject] class Point { [Key(0)] int X; [Key(1)] int Y; }.
type Point struct {
	X int `json:"x" msgpack:",key=0"`
	Y int `json:"y" msgpack:",key=1"`
}
