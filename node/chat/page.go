package chat

import (
	"bytes"
	"embed"
	"io/fs"
	"net/http"
	"time"
)

//go:embed page
var files embed.FS

// policy is the page's Content Security Policy: nothing from elsewhere, nothing
// inline, no frames. It may ask other servers on this machine whether they run,
// which "signalmesh demo" needs when the page's own one is stopped.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " +
	"connect-src 'self' ws: wss: http://127.0.0.1:*; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Page serves the chat page at / with what belongs to it, for GET and HEAD.
// script is Microsoft's browser client, the file signalr.min.js of the npm
// package @microsoft/signalr; without it the page says how to get it. The slice
// must not change afterwards.
func Page(script []byte) http.Handler {
	page, err := fs.Sub(files, "page")
	if err != nil {
		panic("chat: page is not embedded: " + err.Error()) // go:embed above says it is
	}
	mux := http.NewServeMux()
	mux.Handle("GET /", http.FileServerFS(page))
	if len(script) > 0 {
		mux.HandleFunc("GET /signalr.min.js", func(w http.ResponseWriter, r *http.Request) {
			http.ServeContent(w, r, "signalr.min.js", time.Time{}, bytes.NewReader(script))
		})
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		// Embedded files have no date to ask about, and a new build changes them.
		h.Set("Cache-Control", "no-store")
		mux.ServeHTTP(w, r)
	})
}
