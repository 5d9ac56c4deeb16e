package signalr

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// An eventStream is the server-sent events transport: a response that does not
// end while the connection lives, and an inbox for what comes by POST.
type eventStream struct {
	inbox        *inbox
	writer       http.ResponseWriter
	control      *http.ResponseController
	writeTimeout time.Duration

	mu    sync.Mutex
	ended bool // nothing is written any more; writer may be out of use
}

func newEventStream(w http.ResponseWriter, in *inbox, writeTimeout time.Duration) *eventStream {
	return &eventStream{inbox: in, writer: w, control: http.NewResponseController(w), writeTimeout: writeTimeout}
}

func (*eventStream) traits() traits {
	return traits{transport: ServerSentEvents, textOnly: true, requests: true}
}

func (*eventStream) setBinary() {} // no binary protocol is let in

func (e *eventStream) receive(buf []byte) ([]byte, error) { return e.inbox.take(buf) }

// start answers the request. Some browsers take a stream as open only after its
// first bytes, hence the empty comment.
func (e *eventStream) start() error {
	// A server's limit on reading a request would end the stream.
	e.control.SetReadDeadline(time.Time{})
	header := e.writer.Header()
	header.Set("Content-Type", "text/event-stream")
	header.Set("Cache-Control", "no-cache,no-store,no-transform") // no-transform: proxies do not compress
	header.Set("Pragma", "no-cache")
	header.Set("Content-Encoding", "identity")
	header.Set("X-Accel-Buffering", "no") // nginx, and others, do not buffer
	// HAProxy delays each chunk by up to 200 ms, unless it has "option http-no-delay". So the
	// body is not chunked, and ends with the connection (RFC 9112, section 6.3). net/http
	// takes the header off again.
	header.Set("Transfer-Encoding", "identity")
	return e.write(func() error {
		_, err := e.writer.Write([]byte(":\r\n"))
		return err
	})
}

// send writes the frames as events of at most batchSize, or of one frame.
func (e *eventStream) send(frames [][]byte) error {
	for len(frames) > 0 {
		n := batch(frames)
		if err := e.write(func() error { return writeEvent(e.writer, frames[:n]) }); err != nil {
			return err
		}
		frames = frames[n:]
	}
	return nil
}

// write writes and flushes, within the time for that.
func (e *eventStream) write(content func() error) error {
	if err := e.setDeadline(time.Now().Add(e.writeTimeout)); err != nil {
		return err
	}
	// The writer may be that of a middleware of the application.
	err := attempt("the response writer", func() error {
		if err := content(); err != nil {
			return err
		}
		return flush(e.writer)
	})
	if err != nil {
		return err
	}
	// HTTP/2 ends the stream at a deadline even if nothing is being written.
	return e.setDeadline(time.Time{})
}

// setDeadline limits the time of what is written next, if the stream has not
// ended.
func (e *eventStream) setDeadline(at time.Time) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.ended {
		return errClientGone
	}
	err := attempt("the response writer", func() error { return e.control.SetWriteDeadline(at) })
	if err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	return nil
}

// close ends the stream in order; its end is written when the request's handler
// returns. A client cannot be told of a failure.
func (e *eventStream) close(bool) {
	e.inbox.conclude()
	e.end(time.Now().Add(e.writeTimeout))
}

func (e *eventStream) kill() { e.end(time.Now().Add(-time.Second)) }

// end ends the stream, giving what is being written until deadline. Only the
// first call counts.
func (e *eventStream) end(deadline time.Time) {
	e.inbox.end()
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.ended {
		e.ended = true
		// If that is not supported, the write ends by itself.
		_ = attempt("the response writer", func() error { return e.control.SetWriteDeadline(deadline) })
	}
}

// writeEvent writes frames as one event. Where there is a line feed a new line
// of the event begins, and the receiver joins them; a carriage return before it
// is lost.
func writeEvent(w http.ResponseWriter, frames [][]byte) error {
	var event bytes.Buffer
	event.WriteString("data: ")
	for _, frame := range frames {
		for {
			line, rest, cut := bytes.Cut(frame, []byte{'\n'})
			if !cut {
				event.Write(line)
				break
			}
			event.Write(bytes.TrimSuffix(line, []byte{'\r'}))
			event.WriteString("\r\ndata: ")
			frame = rest
		}
	}
	event.WriteString("\r\n\r\n")
	_, err := w.Write(event.Bytes())
	return err
}

// canStream reports whether events can be sent over w. If they cannot, it answers with
// an error, after which clients try the next transport.
func (s *Server) canStream(w http.ResponseWriter, h *Hub) bool {
	if canFlush(w) {
		return true
	}
	s.refusals.note(refusedFlusher, "", "event stream refused: a middleware hides http.Flusher of the response writer; give its writer a method Unwrap or Flush, or mount the server outside it (docs/hubs.md, Behind your router)",
		"hub", h.path, "writer", typeOf(w))
	text(w, http.StatusInternalServerError, "Event streams are not available here: the response writer cannot be flushed.")
	return false
}

// serveEvents answers a request for the server-sent events transport. Its
// goroutine is the connection's reader.
func (s *Server) serveEvents(w http.ResponseWriter, r *http.Request, h *Hub, token string) {
	n, no := s.negotiations.claim(h, token, ServerSentEvents)
	if no != nil {
		no.answer(w)
		return
	}
	if !s.canStream(w, h) {
		s.negotiations.unclaim(n)
		return
	}
	if !s.admit() {
		s.negotiations.unclaim(n)
		notAdmitting(w)
		return
	}
	t := newEventStream(w, n.inbox, s.options.WriteTimeout)
	if err := attempt("the response writer", t.start); err != nil {
		t.kill()
		s.negotiations.remove(n)
		s.served.Done()
		s.log.Warn("event stream refused", "hub", h.path, "err", fmt.Errorf("write the head of the response: %w", err))
		return
	}
	// A client that is gone may have sent something before, which counts.
	stop := context.AfterFunc(r.Context(), n.inbox.end)
	c := newConnection(s, h, n.id, r, t)
	defer func() { // also if the application ends the goroutine
		stop()
		s.negotiations.remove(n)
		go func() { // ends with the hub methods that still run; Close waits for it
			defer s.served.Done()
			c.awaitMethods()
		}()
	}()
	c.live()
}
