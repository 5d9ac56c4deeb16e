//go:build !unix

package main

import "os"

// This system does not have the signals that control a node.
var reloadSignal, drainSignal os.Signal
