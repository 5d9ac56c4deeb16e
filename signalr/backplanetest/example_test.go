package backplanetest_test

import (
	"context"
	"fmt"

	"github.com/signalmesh/signalmesh/signalr/backplanetest"
)

// A printer prints what it receives.
type printer chan struct{}

func (p printer) Receive(_, channel string, data []byte) {
	fmt.Printf("%s: %s\n", channel, data)
	close(p)
}
func (printer) Left(string)        {}
func (printer) Gap(string, uint64) {}

func ExampleMemory() {
	ctx := context.Background()
	memory := backplanetest.NewMemory()
	a, b := memory.Join(), memory.Join()
	defer a.Close()
	defer b.Close()

	received := make(printer)
	detach, _ := b.Attach(received)
	defer detach()
	_ = b.Subscribe(ctx, "Chat:all")
	servers, _ := a.Publish(ctx, "Chat:all", []byte("hello"))
	<-received
	fmt.Println("servers:", servers)
	// Output:
	// Chat:all: hello
	// servers: 1
}
