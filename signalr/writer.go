package signalr

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/http"
)

// hijacker lets an upgrader hijack a response writer that a middleware has wrapped.
type hijacker struct{ http.ResponseWriter }

// Hijack implements http.Hijacker.
func (w hijacker) Hijack() (conn net.Conn, rw *bufio.ReadWriter, err error) {
	err = through(w.ResponseWriter, func(w http.ResponseWriter) error {
		h, ok := w.(http.Hijacker)
		if !ok {
			return http.ErrNotSupported
		}
		conn, rw, err = h.Hijack()
		return err
	})
	return conn, rw, err
}

// flush sends what has been written to w.
func flush(w http.ResponseWriter) error {
	return through(w, func(w http.ResponseWriter) error {
		switch f := w.(type) {
		case interface{ FlushError() error }:
			return f.FlushError()
		case http.Flusher:
			f.Flush()
			return nil
		}
		return http.ErrNotSupported
	})
}

// through does something with the first of w and the writers inside that supports it.
// It differs from http.ResponseController in one respect: writers of some routers panic
// if the next writer does not support it, and through then goes on with that.
func through(w http.ResponseWriter, do func(http.ResponseWriter) error) error {
	for {
		err := recovered(w, do)
		u, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok || !errors.Is(err, http.ErrNotSupported) {
			return err
		}
		w = u.Unwrap()
	}
}

// recovered calls do. A panic is http.ErrNotSupported.
func recovered(w http.ResponseWriter, do func(http.ResponseWriter) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %T: %v", http.ErrNotSupported, w, p)
		}
	}()
	return do(w)
}

// canHijack reports whether the connection of w can be taken over.
func canHijack(w http.ResponseWriter) bool {
	_, ok := innermost(w).(http.Hijacker)
	return ok
}

// canFlush reports whether w can be flushed.
func canFlush(w http.ResponseWriter) bool {
	switch innermost(w).(type) {
	case http.Flusher, interface{ FlushError() error }:
		return true
	}
	return false
}

// innermost returns the last writer to which the methods Unwrap lead. It decides what
// the others can do, which only pass calls on to it.
func innermost(w http.ResponseWriter) http.ResponseWriter {
	for {
		u, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return w
		}
		w = u.Unwrap()
	}
}

// typeOf returns the type of the writer that lacks a method, for whoever wrote it.
func typeOf(w http.ResponseWriter) string { return fmt.Sprintf("%T", innermost(w)) }
