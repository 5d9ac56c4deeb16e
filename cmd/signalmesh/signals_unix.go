//go:build unix

package main

import (
	"os"
	"syscall"
)

// The signals that control a node.
var (
	reloadSignal os.Signal = syscall.SIGHUP
	drainSignal  os.Signal = syscall.SIGUSR1
)
