package signalr

import (
	"errors"
	"net/http"
	"os"
	"strconv"
	"time"
)

// servePoll answers a request of the long polling transport.
func (s *Server) servePoll(w http.ResponseWriter, r *http.Request, h *Hub, token string) {
	header := w.Header()
	header.Set("Cache-Control", "no-cache, no-store")
	header.Set("Pragma", "no-cache")
	header.Set("Expires", "Thu, 01 Jan 1970 00:00:00 GMT")
	n, no := s.negotiations.claim(h, token, LongPolling)
	switch no {
	case nil:
		s.serveFirstPoll(w, r, n)
	case alreadyOpen:
		if t, _ := s.negotiations.polls(h, token); t != nil {
			s.serveNextPoll(w, r, t)
			return
		}
		unknownID.answer(w) // it has ended meanwhile
	default:
		no.answer(w)
	}
}

// serveFirstPoll opens the connection, whose reader is a goroutine of its own,
// and answers at once: the client waits for that before it sends anything.
func (s *Server) serveFirstPoll(w http.ResponseWriter, r *http.Request, n *negotiated) {
	t := n.polls
	if !s.admit() {
		s.negotiations.unclaim(n)
		t.finish()
		notAdmitting(w)
		return
	}
	c := newConnection(s, n.hub, n.id, outlasting(r), t)
	t.lost = func() { c.end(ending{gone: true}) }
	t.refresh = c.refresh
	go func() { // ends with the connection; Close waits for it
		defer s.served.Done()
		func() {
			defer s.negotiations.remove(n)
			c.live()
		}()
		c.awaitMethods()
	}()
	defer t.finish() // also if a middleware of the application panics
	s.answerPoll(w, nil, 0)
}

// serveNextPoll waits until there is something to send, or no time left.
func (s *Server) serveNextPoll(w http.ResponseWriter, r *http.Request, t *longPoll) {
	// A server's limit on reading a request would abort the poll.
	http.NewResponseController(w).SetReadDeadline(time.Time{})
	p := t.begin(r.Context())
	if p == nil {
		alreadyOpen.answer(w)
		return
	}
	defer t.finish()
	if t.refresh != nil { // else it has ended before it began
		t.refresh(r)
	}
	frames, size, result := t.wait(r.Context(), p, s.options.PollTimeout)
	if t.isLeaving() && !s.admits() {
		w.Header().Set("Connection", "close") // the next request is for another server
	}
	switch result {
	case pollFrames:
		if err := s.answerPoll(w, frames, size); errors.Is(err, os.ErrDeadlineExceeded) {
			t.leave()
			t.lost()
		}
	case pollNothing:
		w.Header().Set("Content-Length", "0")
		text(w, http.StatusOK, "")
	case pollEnded:
		text(w, http.StatusNoContent, "")
	case pollClosed:
		text(w, http.StatusNoContent, "")
		t.leave()
	case pollFailed:
		text(w, http.StatusInternalServerError, "")
		t.leave()
	case pollAborted: // nobody reads an answer
	}
}

// answerPoll writes frames, which are size bytes, within the time for one write.
func (s *Server) answerPoll(w http.ResponseWriter, frames [][]byte, size int) error {
	control := http.NewResponseController(w)
	// A writer that knows no deadlines has its own, or ends by itself.
	control.SetWriteDeadline(time.Now().Add(s.options.WriteTimeout))
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Length", strconv.Itoa(size))
	w.WriteHeader(http.StatusOK)
	for _, frame := range frames {
		if _, err := w.Write(frame); err != nil {
			return err
		}
	}
	if err := flush(w); err != nil {
		return err
	}
	control.SetWriteDeadline(time.Time{})
	return nil
}

// serveDelete answers a request to end a long polling connection. That goes on
// after the answer.
func (s *Server) serveDelete(w http.ResponseWriter, h *Hub, token string) {
	t, no := s.negotiations.polls(h, token)
	if no != nil {
		no.answer(w)
		return
	}
	t.leave()
	text(w, http.StatusAccepted, "")
}
