package discovery_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/multiformats/go-multiaddr"

	"github.com/signalmesh/signalmesh/discovery"
)

func Example() {
	var seeds []discovery.Seed
	for _, text := range []string{"10.0.0.1", "/dns4/web02/tcp/9801"} {
		s, err := discovery.ParseSeed(text)
		if err != nil {
			fmt.Println(err)
			return
		}
		seeds = append(seeds, s)
	}
	loop, err := discovery.New(discovery.Options{
		Seeds: seeds,
		// A mesh connects here, and learns who answers.
		Dial: func(_ context.Context, addr multiaddr.Multiaddr) (string, error) {
			fmt.Println("dial", addr)
			return "", errors.New("connection refused")
		},
		// A mesh tells here how many peers it has, and closes the channel when
		// there are more or fewer.
		Peers: func() (int, <-chan struct{}) { return 0, nil },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	<-loop.FirstRound()
	if err := loop.Close(); err != nil {
		fmt.Println(err)
	}
	// Output:
	// dial /ip4/10.0.0.1/tcp/9800
	// dial /dns4/web02/tcp/9801
}
