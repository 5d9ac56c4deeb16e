package signalr

import (
	"bufio"
	"fmt"
	"iter"
	"net"
	"net/http"
)

// hijacker lets an upgrader hijack a response writer that a middleware has wrapped.
type hijacker struct{ http.ResponseWriter }

// Hijack implements http.Hijacker. The first writer counts that can do it.
func (h hijacker) Hijack() (conn net.Conn, rw *bufio.ReadWriter, err error) {
	err = http.ErrNotSupported
	for w := range writers(h.ResponseWriter) {
		if inner, ok := w.(http.Hijacker); ok {
			err = recovered(w, func() (err error) {
				conn, rw, err = inner.Hijack()
				return err
			})
			if err == nil {
				return conn, rw, nil
			}
		}
	}
	return nil, nil, err
}

// flush sends what has been written to w. It differs from http.ResponseController: it
// flushes all writers that w wraps, from the outermost inward. Some of those which have
// Flush do nothing, or panic, if the next writer has none.
func flush(w http.ResponseWriter) (err error) {
	for w := range writers(w) {
		err = recovered(w, func() error {
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
	return err // of the innermost, which has the connection
}

// writers yields w and the writers to which the methods Unwrap lead.
func writers(w http.ResponseWriter) iter.Seq[http.ResponseWriter] {
	return func(yield func(http.ResponseWriter) bool) {
		for yield(w) {
			u, ok := w.(interface{ Unwrap() http.ResponseWriter })
			if !ok {
				return
			}
			w = u.Unwrap()
		}
	}
}

// recovered calls do with a writer. A panic is http.ErrNotSupported.
func recovered(w http.ResponseWriter, do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %T: %v", http.ErrNotSupported, w, p)
		}
	}()
	return do()
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

// innermost returns the last writer that w wraps. It decides what the others can do,
// which only pass calls on to it.
func innermost(w http.ResponseWriter) (last http.ResponseWriter) {
	for inner := range writers(w) {
		last = inner
	}
	return last
}

// typeOf returns the type of the innermost writer, for the log.
func typeOf(w http.ResponseWriter) string { return fmt.Sprintf("%T", innermost(w)) }
