//go:build unix

package main

import (
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSignalsSteerANode(t *testing.T) {
	r := runNode(t)
	r.connect(t, true) // it closes before the node stops, which ends the default delay
	kill := func(s syscall.Signal) { require.NoError(t, syscall.Kill(syscall.Getpid(), s)) }
	kill(syscall.SIGHUP)
	r.stderr.await(t, `(settings reloaded; no other has changed)`)
	kill(syscall.SIGUSR1)
	r.stderr.await(t, `(drain begun by a signal; send it again to undo the drain)`)
	r.stderr.await(t, `(draining: serving 1 client for 7s more)`)
	kill(syscall.SIGUSR1)
	r.stderr.await(t, `(drain undone)`)
	kill(syscall.SIGUSR1)
	r.stderr.await(t, `(?s)(drain undone.*draining: serving 1 client for)`)
	_, text := command(t, "drain", "--admin", r.admin, "--undo")
	assert.Equal(t, "serving: 1 client connected\n", text)
}

// A signal that comes before the node is open is not lost, and kills nothing.
func TestSignalsWaitForTheNode(t *testing.T) {
	signals, stop := catchSignals()
	defer stop()
	require.NoError(t, syscall.Kill(syscall.Getpid(), syscall.SIGHUP))
	require.NoError(t, syscall.Kill(syscall.Getpid(), syscall.SIGUSR1))
	got := map[any]bool{}
	for range 2 {
		got[<-signals] = true
	}
	assert.Equal(t, map[any]bool{syscall.SIGHUP: true, syscall.SIGUSR1: true}, got)
}
