//go:build linux

package main

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"sync"

	"github.com/signalmesh/signalmesh/signalr"
)

// A raw plane is the least that a backplane can be: a TCP or TLS connection to each
// other server, length, channel and payload, written in batches. It keeps no order
// between connections, repairs nothing, and sends everything to everybody. It is
// what this machine can do at most.
type raw struct {
	listener net.Listener
	dial     func(address string) (net.Conn, error)
	receiver signalr.Receiver
	wanted   sync.Map // channels subscribed here

	links   []*rawLink
	mu      sync.Mutex
	inbound []net.Conn
	work    sync.WaitGroup
}

// rawBacklog is how many bytes wait for a server before publishers wait too.
const rawBacklog = 1 << 20

// A rawLink is the way to one other server.
type rawLink struct {
	conn net.Conn

	mu      sync.Mutex
	changed *sync.Cond
	waiting []byte
	closed  bool
}

func openRaw(secure bool) (*raw, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	r := &raw{listener: l, dial: func(address string) (net.Conn, error) { return net.Dial("tcp", address) }}
	if secure {
		certificate, err := newCertificate()
		if err != nil {
			return nil, errors.Join(err, l.Close())
		}
		r.listener = tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS13})
		// Who it is does not matter here, what the encryption costs does.
		r.dial = func(address string) (net.Conn, error) {
			return tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS13})
		}
	}
	r.work.Go(r.accept)
	return r, nil
}

func newCertificate() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}

func (r *raw) Self() string { return r.listener.Addr().String() }

func (r *raw) Attach(receiver signalr.Receiver) (func(), error) {
	r.receiver = receiver
	return func() {}, nil
}

func (r *raw) Subscribe(_ context.Context, channel string) error {
	r.wanted.Store(channel, true)
	return nil
}

func (r *raw) Unsubscribe(channel string) { r.wanted.Delete(channel) }

func (r *raw) Subscribers(context.Context, string) (int, error) { return len(r.links), nil }

// connect opens the links to the other servers. Call it once, before Publish.
func (r *raw) connect(addresses []string) error {
	for _, address := range addresses {
		if address == r.Self() {
			continue
		}
		conn, err := r.dial(address)
		if err != nil {
			return err
		}
		l := &rawLink{conn: conn}
		l.changed = sync.NewCond(&l.mu)
		r.links = append(r.links, l)
		r.work.Go(l.write)
	}
	return nil
}

func (r *raw) Publish(_ context.Context, channel string, data []byte) (int, error) {
	for _, l := range r.links {
		if !l.put(channel, data) {
			return 0, net.ErrClosed
		}
	}
	return len(r.links), nil
}

// put appends a frame, when there is room for it. It reports false if the link is
// closed.
func (l *rawLink) put(channel string, data []byte) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.waiting) > rawBacklog && !l.closed {
		l.changed.Wait()
	}
	l.waiting = binary.LittleEndian.AppendUint32(l.waiting, uint32(len(data)))
	l.waiting = binary.LittleEndian.AppendUint32(l.waiting, uint32(len(channel)))
	l.waiting = append(append(l.waiting, channel...), data...)
	l.changed.Broadcast()
	return !l.closed
}

// write writes what has piled up, until the link is closed.
func (l *rawLink) write() {
	var batch []byte
	l.mu.Lock()
	defer l.mu.Unlock()
	for {
		for len(l.waiting) == 0 && !l.closed {
			l.changed.Wait()
		}
		if l.closed {
			return
		}
		batch, l.waiting = l.waiting, batch[:0]
		l.changed.Broadcast()
		l.mu.Unlock()
		_, err := l.conn.Write(batch)
		l.mu.Lock()
		l.closed = l.closed || err != nil
	}
}

func (l *rawLink) close() {
	l.mu.Lock()
	l.closed = true
	l.changed.Broadcast()
	l.mu.Unlock()
	_ = l.conn.Close() // nothing is owed any more
}

// accept takes links of others until the listener is closed.
func (r *raw) accept() {
	for {
		conn, err := r.listener.Accept()
		if err != nil {
			return
		}
		r.mu.Lock()
		r.inbound = append(r.inbound, conn)
		r.mu.Unlock()
		r.work.Go(func() { _ = r.read(bufio.NewReaderSize(conn, 64<<10)) }) // ends with the connection
	}
}

func (r *raw) read(in io.Reader) error {
	var lengths [8]byte
	for {
		if _, err := io.ReadFull(in, lengths[:]); err != nil {
			return err
		}
		size, name := binary.LittleEndian.Uint32(lengths[:]), binary.LittleEndian.Uint32(lengths[4:])
		if size > 16<<20 || name > 1<<10 {
			return fmt.Errorf("frame of %d bytes to a channel name of %d", size, name)
		}
		b := make([]byte, size+name)
		if _, err := io.ReadFull(in, b); err != nil {
			return err
		}
		channel := string(b[:name])
		if _, ok := r.wanted.Load(channel); ok {
			r.receiver.Receive("", channel, b[name:])
		}
	}
}

func (r *raw) Close() error {
	for _, l := range r.links {
		l.close()
	}
	err := r.listener.Close()
	r.mu.Lock()
	for _, conn := range r.inbound {
		_ = conn.Close() // nothing is owed any more
	}
	r.mu.Unlock()
	r.work.Wait()
	return err
}
