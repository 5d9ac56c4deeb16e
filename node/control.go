package node

import (
	"net/http"
)

// POST /api/drain drains the node, DELETE /api/drain undoes that, and GET /api/drain
// returns the progress.

// A Control is the answer to requests to /api/drain.
type Control struct {
	Phase   Phase        `json:"phase"`
	Clients int          `json:"clients"`         // connections of hubs
	Drain   *DrainStatus `json:"drain,omitempty"` // nil if Phase is "serving"
	Error   string       `json:"error,omitempty"` // why the request was refused
}

// routeControl adds the routes of /api/drain to mux.
func (n *Node) routeControl(mux *http.ServeMux) {
	mux.HandleFunc("GET /api/drain", func(w http.ResponseWriter, _ *http.Request) { n.answerControl(w, http.StatusOK, nil) })
	mux.HandleFunc("POST /api/drain", n.programsOnly(func(w http.ResponseWriter, _ *http.Request) {
		_, err := n.beginDrain(false)
		n.answerControl(w, http.StatusAccepted, err)
	}))
	mux.HandleFunc("DELETE /api/drain", n.programsOnly(func(w http.ResponseWriter, _ *http.Request) {
		n.answerControl(w, http.StatusOK, n.Undrain())
	}))
}

// answerControl answers with the progress of the drain, and with 409 if err is not nil.
func (n *Node) answerControl(w http.ResponseWriter, code int, err error) {
	answer := Control{Phase: n.Phase(), Clients: n.clients(), Drain: n.drainStatus()}
	if err != nil {
		code, answer.Error = http.StatusConflict, err.Error()
	}
	writeJSON(w, code, answer)
}
