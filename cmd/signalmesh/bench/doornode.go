//go:build linux

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	meshnode "github.com/signalmesh/signalmesh/node"
)

const roleDoor = "door"

// A DoorAddress is what a node with a Redis door tells of itself.
type DoorAddress struct{ Door, Peers string }

// runDoor is a node without hubs, with a Redis door: "signalmesh node --redis". Its
// arguments are the peers to begin with. It tells where it is, and ends with its input.
func runDoor(args []string, in io.Reader, out io.Writer) error {
	n, err := meshnode.New(context.Background(), meshnode.Options{
		HTTP: "127.0.0.1:0", Listen: "127.0.0.1:0", Redis: "127.0.0.1:0", Bootstrap: args,
		NCacheOptions: meshnode.NCacheOptions{CacheName: "bench", ApplicationID: "bench", UserID: "bench", Password: doorPassword},
	})
	if err != nil {
		return err
	}
	defer n.Close()
	<-n.Ready()
	if len(n.PeerAddrs()) == 0 {
		return fmt.Errorf("the node listens for no peer")
	}
	if err := json.NewEncoder(out).Encode(DoorAddress{n.RedisAddr(), n.PeerAddrs()[0]}); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, in) // until the harness ends
	return err
}

// doorPassword is that of the mesh: links between nodes are authenticated as usual.
const doorPassword = "not a secret"
