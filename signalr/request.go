package signalr

import (
	"context"
	"net/http"
)

// outlasting returns r for a connection that goes on when r's handler has
// returned: with all that it says, the values of its context too, but without
// what the web server frees then.
func outlasting(r *http.Request) *http.Request {
	r = r.WithContext(context.WithoutCancel(r.Context()))
	r.Body = http.NoBody
	return r
}
