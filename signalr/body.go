package signalr

import (
	"errors"
	"io"
	"net/http"
	"os"
	"time"
)

// maxDropped is the length in bytes of the longest body that is dropped.
const maxDropped = 4 << 10

// dropBody drops the body of a request whose method needs none. Go's web server
// sends no answer before it has read the body, so one that does not come would
// hold up a poll or an event stream, and the connection behind it, for ever. If
// the body is late or long, dropBody answers and reports false.
func dropBody(w http.ResponseWriter, r *http.Request) bool {
	if r.Method == http.MethodPost || r.ContentLength == 0 {
		return true
	}
	limitBody(w)
	_, err := io.CopyN(io.Discard, r.Body, maxDropped)
	switch {
	case err == io.EOF:
		http.NewResponseController(w).SetReadDeadline(time.Time{})
		return true
	case err == nil:
		refuseBody(w, http.StatusRequestEntityTooLarge, "The request needs no body, and this one is too long.")
	case errors.Is(err, os.ErrDeadlineExceeded):
		refuseBody(w, http.StatusRequestTimeout, tooSlow)
	default:
		refuseBody(w, http.StatusBadRequest, "")
	}
	return false
}

// tooSlow is what clients are told whose requests do not come.
const tooSlow = "The request's body came too slowly."

// refuseBody answers a request whose body is not read to its end.
func refuseBody(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Connection", "close")
	text(w, status, body)
}
