package signalr

import (
	"net/http"
	"strings"
)

// BearerToken returns the token by which a client of a hub authenticates, or ""
// if it sent none. The token is not checked in any way.
//
// It is that of the Authorization header, or, without that header, the parameter
// access_token of the query. Browsers cannot set headers of WebSockets and event
// streams, so clients put the token into the query of those requests, and an
// application may put it into the URL of the hub, which clients use for every request.
// Use BearerToken for the requests of hubs only, and keep their queries out of logs.
func BearerToken(r *http.Request) string {
	if authorization := r.Header.Get("Authorization"); authorization != "" {
		scheme, token, _ := strings.Cut(authorization, " ")
		if !strings.EqualFold(scheme, "Bearer") {
			return ""
		}
		return strings.TrimSpace(token)
	}
	return r.URL.Query().Get("access_token")
}
