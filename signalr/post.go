package signalr

import (
	"errors"
	"io"
	"net/http"
	"os"
	"sync"
	"time"
)

const (
	// bodyGrace is how long the body of a request may take in any case, and
	// bodyRate how many bytes a second it must bring after that. Both are those
	// of ASP.NET Core's web server.
	bodyGrace = 5 * time.Second
	bodyRate  = 240
)

// maxRest is the largest number of bytes of a request that are read after the end of
// its connection: the limit of ASP.NET Core's web server for one request.
const maxRest = 30_000_000

// bodyBuffers are for reading the bodies of POST requests.
var bodyBuffers = sync.Pool{New: func() any { return new([4 << 10]byte) }}

// A pace sets the time by which more of a body must have come. Only time spent
// reading counts, not that spent waiting for room.
type pace struct {
	spent time.Duration
	bytes int64
}

// left returns how long the next read may take, which is never negative.
func (p *pace) left() time.Duration {
	return max(0, bodyGrace+time.Duration(p.bytes)*time.Second/bodyRate-p.spent)
}

// read takes note of a read.
func (p *pace) read(n int, took time.Duration) {
	p.bytes += int64(n)
	p.spent += took
}

// limitBody bounds the time for which the unread rest of a request's body can
// keep the web server busy after an early answer.
func limitBody(w http.ResponseWriter) {
	// A writer without deadlines has other limits, or none are wanted.
	http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyGrace))
}

// servePost takes what a client without a WebSocket sends. It is queued when the
// request is answered, and not yet dispatched.
func (s *Server) servePost(w http.ResponseWriter, r *http.Request, h *Hub, token string) {
	limitBody(w)
	in, no := s.negotiations.inbox(h, token)
	if no != nil {
		no.answer(w)
		return
	}
	err := in.lock(r.Context())
	if err == nil {
		err = in.receiveBody(w, r)
		in.unlock()
	}
	switch {
	case err == nil, errors.Is(err, errClientGone) && in.isDropping() && dropRest(w, r):
		text(w, http.StatusOK, "")
	case errors.Is(err, errClientGone): // it has left its connection, not this request
		limitBody(w)
		text(w, http.StatusNotFound, "")
	case errors.Is(err, os.ErrDeadlineExceeded):
		refuseBody(w, http.StatusRequestTimeout, tooSlow)
	default:
		text(w, http.StatusBadRequest, "")
	}
}

// dropRest reads what is left of the body of a request whose connection the server
// has ended, so that the client can read the reason. It reports false if the body is
// longer than maxRest bytes or comes too slowly.
func dropRest(w http.ResponseWriter, r *http.Request) bool {
	buf := bodyBuffers.Get().(*[4 << 10]byte)
	defer bodyBuffers.Put(buf)
	control := http.NewResponseController(w)
	for p := (pace{}); p.bytes <= maxRest; {
		begin := time.Now()
		control.SetReadDeadline(begin.Add(p.left()))
		n, err := r.Body.Read(buf[:])
		p.read(n, time.Since(begin))
		if err != nil {
			return err == io.EOF
		}
	}
	return false
}

// receiveBody puts the body of a request into the inbox. The caller has the turn.
func (in *inbox) receiveBody(w http.ResponseWriter, r *http.Request) error {
	buf := bodyBuffers.Get().(*[4 << 10]byte)
	defer bodyBuffers.Put(buf)
	control := http.NewResponseController(w)
	for p := (pace{}); ; {
		begin := time.Now()
		control.SetReadDeadline(begin.Add(p.left()))
		n, err := r.Body.Read(buf[:])
		if err == nil || err == io.EOF {
			control.SetReadDeadline(time.Time{}) // for what may wait now
		}
		p.read(n, time.Since(begin))
		if n > 0 {
			if err := in.put(r.Context(), buf[:n]); err != nil {
				return err
			}
		}
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
	}
}
