//go:build linux

package main

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"github.com/signalmesh/signalmesh/mesh"
)

// A cable is what a server hangs on: all its connections pass through it, and it can
// be cut. Then it passes no bytes, no end of a connection and no new connection, in
// neither direction, until it is mended; nobody is told, as with a cable. What was
// written meanwhile waits in the kernel's buffers and arrives afterwards, as what TCP
// sends again does. It is made of real sockets, so that time-outs and full buffers are
// those of the kernel.
//
// It may be used concurrently.
type cable struct {
	ctx    context.Context
	cancel context.CancelFunc
	work   sync.WaitGroup

	mu     sync.Mutex
	ways   map[string]string // where to dial instead, by target
	mended chan struct{}     // closed while it passes
	line   context.Context   // ends with the connections that pass now
	snap   context.CancelFunc
}

var _ mesh.Network = (*cable)(nil)

func newCable() *cable {
	c := &cable{ways: map[string]string{}, mended: make(chan struct{})}
	close(c.mended)
	c.ctx, c.cancel = context.WithCancel(context.Background())
	c.line, c.snap = context.WithCancel(c.ctx)
	return c
}

// cut cuts the cable for so long. With sever the connections that passed end when it is
// mended, with what was on its way, as when a firewall between has forgotten them. One
// cut at a time.
func (c *cable) cut(ctx context.Context, d time.Duration, sever bool) error {
	mended := make(chan struct{})
	c.mu.Lock()
	c.mended = mended
	c.mu.Unlock()
	err := pause(ctx, now()+int64(d))
	c.mu.Lock()
	defer c.mu.Unlock()
	if sever {
		c.snap()
		c.line, c.snap = context.WithCancel(c.ctx)
	}
	close(mended)
	return err
}

// whole waits until the cable passes. It reports false when line has ended.
func (c *cable) whole(line context.Context) bool {
	c.mu.Lock()
	mended := c.mended
	c.mu.Unlock()
	select {
	case <-mended:
		return line.Err() == nil
	case <-line.Done():
		return false
	}
}

// present is what ends with the connections that pass now.
func (c *cable) present() context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.line
}

// through says where to dial so that the way to target is through the cable.
func (c *cable) through(target string) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if way, ok := c.ways[target]; ok {
		return way, nil
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	c.ways[target] = l.Addr().String()
	closeWith(c.ctx, l)
	c.work.Go(func() { c.accept(l, target) })
	return l.Addr().String(), nil
}

func closeWith(ctx context.Context, c io.Closer) (forget func() bool) {
	return context.AfterFunc(ctx, func() { _ = c.Close() }) // nothing is owed any more
}

// accept takes connections to target until the cable is closed.
func (c *cable) accept(l net.Listener, target string) {
	for {
		near, err := l.Accept()
		if err != nil {
			return
		}
		c.work.Go(func() { c.join(near, target) })
	}
}

// join connects near with target, until either ends.
func (c *cable) join(near net.Conn, target string) {
	line := c.present()
	defer closeWith(line, near)()
	defer near.Close()
	if !c.whole(line) {
		return
	}
	far, err := net.Dial("tcp", target)
	if err != nil {
		return
	}
	defer closeWith(line, far)()
	var back sync.WaitGroup
	back.Go(func() { c.carry(line, near, far) })
	c.carry(line, far, near)
	back.Wait()
}

// carry passes bytes on until one of the two ends, and then ends both.
func (c *cable) carry(line context.Context, to, from net.Conn) {
	defer to.Close()
	defer from.Close()
	b := make([]byte, 64<<10)
	for {
		n, err := from.Read(b)
		if !c.whole(line) {
			return
		}
		if _, writeErr := to.Write(b[:n]); errors.Join(err, writeErr) != nil {
			return
		}
	}
}

// A plug is the end of a cable that others connect to.
type plug struct {
	net.Listener
	address net.Addr
}

// Addr is the address that leads here through the cable.
func (p plug) Addr() net.Addr { return p.address }

// Listen implements mesh.Network: who dials the listener's address comes through the
// cable.
func (c *cable) Listen(_ context.Context, network, address string) (net.Listener, error) {
	l, err := net.Listen(network, address)
	if err != nil {
		return nil, err
	}
	way, err := c.through(l.Addr().String())
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	at, err := net.ResolveTCPAddr("tcp", way)
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return plug{l, at}, nil
}

// DialContext implements mesh.Network.
func (c *cable) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	way, err := c.through(address)
	if err != nil {
		return nil, err
	}
	return new(net.Dialer).DialContext(ctx, network, way)
}

// Close ends everything that passes.
func (c *cable) Close() error {
	c.cancel()
	c.work.Wait()
	return nil
}
