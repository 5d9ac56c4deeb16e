//go:build linux

package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/signalmesh/signalmesh/signalr"
)

// A natsPlane is a server on core NATS: at most once, without acknowledgement. It is a
// client of its own for NATS' protocol, over one connection, since NATS' client would
// bring three modules into the go.mod of everybody who uses this one. It does what that
// client does where it counts: what is published is gathered and written in batches.
//
// It neither connects again nor reports gaps: if the server hangs up, all that follows
// fails. All methods may be called concurrently; Attach comes before Subscribe.
type natsPlane struct {
	self       string
	conn       net.Conn
	maxPayload int // bytes, as the server told
	receiver   signalr.Receiver
	work       sync.WaitGroup
	ended      chan struct{} // closed when err is there

	mu       sync.Mutex // guards what follows
	arrived  *sync.Cond // in waiting, for the one who writes
	room     *sync.Cond // in waiting, for publishers
	waiting  []byte
	pongs    []chan struct{} // closed in order, one for each PONG
	err      error           // why nothing is accepted any more
	last     uint64          // subscription
	channels map[string]uint64

	naming sync.RWMutex      // guards names; taken after mu
	names  map[uint64]string // the channel of each subscription
}

// natsBacklog is how many bytes wait to be written before publishers wait too.
const natsBacklog = 1 << 20

// openNATS connects to the server at address.
func openNATS(ctx context.Context, address string) (*natsPlane, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	n := newNATSPlane(conn)
	in := bufio.NewReaderSize(conn, 64<<10)
	if deadline, ok := ctx.Deadline(); ok {
		err = conn.SetReadDeadline(deadline)
	}
	if err == nil {
		n.maxPayload, err = readInfo(in)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("connect to NATS at %s: %w", address, err), conn.Close())
	}
	_ = conn.SetReadDeadline(time.Time{}) // if it fails, so does reading
	n.work.Go(n.write)
	n.work.Go(func() { n.end(n.read(in)) })
	if err := n.confirm(ctx, func(b []byte) []byte { return append(b, natsConnect...) }); err != nil {
		return nil, errors.Join(fmt.Errorf("connect to NATS at %s: %w", address, err), n.Close())
	}
	return n, nil
}

// newNATSPlane is a plane that neither reads nor writes yet.
func newNATSPlane(conn net.Conn) *natsPlane {
	n := &natsPlane{
		self: conn.LocalAddr().String(), conn: conn, ended: make(chan struct{}),
		channels: map[string]uint64{}, names: map[uint64]string{},
	}
	n.arrived, n.room = sync.NewCond(&n.mu), sync.NewCond(&n.mu)
	return n
}

// Self implements signalr.Backplane.
func (n *natsPlane) Self() string { return n.self }

// Attach implements signalr.Backplane.
func (n *natsPlane) Attach(r signalr.Receiver) (func(), error) {
	n.receiver = r
	return func() {}, nil
}

// Subscribe returns when the server has the subscription, and with it all servers.
func (n *natsPlane) Subscribe(ctx context.Context, channel string) error {
	return n.confirm(ctx, func(b []byte) []byte {
		if n.channels[channel] != 0 {
			return b
		}
		n.last++
		n.channels[channel] = n.last
		n.naming.Lock()
		n.names[n.last] = channel
		n.naming.Unlock()
		return appendSub(b, channel, n.last)
	})
}

// Unsubscribe implements signalr.Backplane.
func (n *natsPlane) Unsubscribe(channel string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	id := n.channels[channel]
	if id == 0 || n.err != nil {
		return
	}
	delete(n.channels, channel)
	n.naming.Lock()
	delete(n.names, id)
	n.naming.Unlock()
	n.waiting = appendUnsub(n.waiting, id)
	n.arrived.Signal()
}

// Publish returns when data waits to be written. NATS tells nobody how many get it.
func (n *natsPlane) Publish(ctx context.Context, channel string, data []byte) (int, error) {
	if len(data) > n.maxPayload {
		return 0, fmt.Errorf("%d bytes to channel %.64q: NATS takes %d", len(data), channel, n.maxPayload)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if err := n.awaitRoom(ctx); err != nil {
		return 0, fmt.Errorf("publish to channel %.64q: %w", channel, err)
	}
	n.waiting = appendPub(n.waiting, channel, data)
	n.arrived.Signal()
	return 0, nil
}

// Subscribers implements signalr.Backplane. NATS does not tell.
func (n *natsPlane) Subscribers(context.Context, string) (int, error) { return 0, nil }

// awaitRoom waits until something may be published. n.mu is held.
func (n *natsPlane) awaitRoom(ctx context.Context) error {
	if len(n.waiting) > natsBacklog {
		defer context.AfterFunc(ctx, func() {
			n.mu.Lock()
			defer n.mu.Unlock()
			n.room.Broadcast()
		})()
	}
	for len(n.waiting) > natsBacklog && n.err == nil && ctx.Err() == nil {
		n.room.Wait()
	}
	return cmp.Or(n.err, ctx.Err())
}

// confirm has what add appends written, and returns when the server has dealt with it.
// Only payloads wait for room.
func (n *natsPlane) confirm(ctx context.Context, add func([]byte) []byte) error {
	pong := make(chan struct{})
	n.mu.Lock()
	if err := n.err; err != nil {
		n.mu.Unlock()
		return err
	}
	n.waiting = append(add(n.waiting), natsPing...)
	n.pongs = append(n.pongs, pong)
	n.arrived.Signal()
	n.mu.Unlock()
	select {
	case <-pong:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-n.ended:
		return n.err
	}
}

// write writes what has piled up, until the plane ends and nothing is left.
func (n *natsPlane) write() {
	defer func() { _ = n.conn.Close() }() // nothing is owed any more
	var batch []byte
	n.mu.Lock()
	defer n.mu.Unlock()
	for {
		for len(n.waiting) == 0 && n.err == nil {
			n.arrived.Wait()
		}
		if len(n.waiting) == 0 {
			return
		}
		batch, n.waiting = n.waiting, batch[:0]
		n.room.Broadcast()
		n.mu.Unlock()
		_, err := n.conn.Write(batch)
		if err != nil {
			n.end(err)
		}
		n.mu.Lock()
		if err != nil {
			return
		}
	}
}

// end has nothing accepted any more, for a reason. The first one counts. What waits has
// a second to be written.
func (n *natsPlane) end(err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.err != nil {
		return
	}
	n.err = err
	close(n.ended)
	_ = n.conn.SetDeadline(time.Now().Add(time.Second)) // if it fails, so does writing
	n.arrived.Signal()
	n.room.Broadcast()
}

// Close writes what was published and hangs up.
func (n *natsPlane) Close() error {
	n.end(net.ErrClosed)
	n.work.Wait()
	return nil
}
