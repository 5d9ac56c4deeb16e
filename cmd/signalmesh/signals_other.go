//go:build !unix

package main

import "os"

// The signals that steer a node, which this system does not have. There are Node.Reload
// and the admin listener.
var reloadSignal, drainSignal os.Signal
