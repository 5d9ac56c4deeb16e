//go:build linux

package main

import (
	"io"
	"net"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestACutCablePassesNothingUntilItIsMended(t *testing.T) {
	c := newCable()
	defer c.Close()
	l, err := c.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	client, err := net.Dial("tcp", l.Addr().String())
	require.NoError(t, err)
	defer client.Close()
	server, err := l.Accept()
	require.NoError(t, err)
	defer server.Close()
	say(t, client, server)
	say(t, server, client)

	begun, mended := time.Now(), make(chan error, 1)
	const lasting = 100 * time.Millisecond
	go func() { mended <- c.cut(t.Context(), lasting, false) }()
	awaitCut(c)
	say(t, client, server) // a dial of the other side does not get through either
	dialled, err := c.DialContext(t.Context(), "tcp", l.Addr().String())
	require.NoError(t, err)
	defer dialled.Close()
	other, err := l.Accept()
	require.NoError(t, err)
	defer other.Close()
	require.GreaterOrEqual(t, time.Since(begun), lasting)
	require.NoError(t, <-mended)
	say(t, dialled, other)

	require.NoError(t, client.Close())
	_, err = server.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.EOF, "the end of a connection passes, too")

	go func() { mended <- c.cut(t.Context(), lasting, true) }()
	awaitCut(c)
	_, err = other.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.EOF, "a cut that severs ends connections")
	require.NoError(t, <-mended)
	dialled, err = c.DialContext(t.Context(), "tcp", l.Addr().String())
	require.NoError(t, err)
	defer dialled.Close()
	other, err = l.Accept()
	require.NoError(t, err)
	defer other.Close()
	say(t, dialled, other)
}

// awaitCut waits until c is cut.
func awaitCut(c *cable) {
	for {
		c.mu.Lock()
		whole := c.mended
		c.mu.Unlock()
		select {
		case <-whole:
			runtime.Gosched()
		default:
			return
		}
	}
}

// say has from say something that to hears.
func say(t *testing.T, from, to net.Conn) {
	_, err := from.Write([]byte("hello"))
	require.NoError(t, err)
	heard := make([]byte, 5)
	_, err = io.ReadFull(to, heard)
	require.NoError(t, err)
	require.Equal(t, "hello", string(heard))
}
