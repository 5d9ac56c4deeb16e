package main

import (
	"io"
	"net"
	"sync"
)

// A wire is a TCP proxy that can be cut: then it resets all connections and accepts none.
type wire struct {
	listener net.Listener
	target   string

	mu      sync.Mutex
	isCut   bool
	ends    map[net.Conn]bool
	carried sync.WaitGroup
}

func newWire(target string) (*wire, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	w := &wire{listener: l, target: target, ends: make(map[net.Conn]bool)}
	w.carried.Go(w.accept)
	return w, nil
}

func (w *wire) addr() string { return w.listener.Addr().String() }

// cut resets all connections. New ones are closed immediately.
func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.isCut = true
	for c := range w.ends {
		if tcp, ok := c.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // reset
		}
		_ = c.Close()
	}
}

// mend accepts connections again.
func (w *wire) mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.isCut = false
}

// Close ends everything.
func (w *wire) Close() {
	_ = w.listener.Close()
	w.cut()
	w.carried.Wait()
}

func (w *wire) accept() {
	for {
		c, err := w.listener.Accept()
		if err != nil {
			return
		}
		w.carried.Go(func() { w.carry(c) })
	}
}

// carry connects a connection with the target until one of the two ends.
func (w *wire) carry(a net.Conn) {
	defer a.Close()
	b, err := net.Dial("tcp", w.target)
	if err != nil {
		return
	}
	defer b.Close()
	w.mu.Lock()
	if w.isCut {
		w.mu.Unlock()
		return
	}
	w.ends[a], w.ends[b] = true, true
	w.mu.Unlock()
	done := make(chan struct{}, 2)
	for _, pair := range [][2]net.Conn{{a, b}, {b, a}} {
		go func() {
			_, _ = io.Copy(pair[0], pair[1]) // ends with either connection
			done <- struct{}{}
		}()
	}
	<-done
	a.Close()
	b.Close()
	<-done
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.ends, a)
	delete(w.ends, b)
}
