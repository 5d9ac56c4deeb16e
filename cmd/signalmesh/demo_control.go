package main

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
)

// A serverInfo is a server as the chat page sees it.
type serverInfo struct {
	Number  int    `json:"number"`
	Name    string `json:"name"`
	URL     string `json:"url"`
	Running bool   `json:"running"`
	State   string `json:"state"` // stopped, starting, running or stopping
	Self    bool   `json:"self"`  // it is the one that answers
	Color   string `json:"color"`
	Error   string `json:"error,omitempty"` // why it could not be started
}

// handler serves page at the server at p, and below /demo/ what the page needs to
// show, stop and start the servers.
//
// Any page that the user has open could ask it to stop a server. So only pages of
// the three servers are obeyed and told anything, and only under the names that
// were printed, not under a name that somebody makes point here.
func (f *fleet) handler(p place, page http.Handler) http.Handler {
	var hosts, origins []string
	guard := http.NewCrossOriginProtection()
	for _, m := range f.members {
		hosts = append(hosts, m.http)
		origins = append(origins, m.url())
		if err := guard.AddTrustedOrigin(m.url()); err != nil {
			panic("demo: own URL is no origin: " + err.Error())
		}
	}
	mux := http.NewServeMux()
	mux.Handle("/", page)
	mux.HandleFunc("GET /demo/servers", func(w http.ResponseWriter, _ *http.Request) { f.answer(w, p) })
	mux.HandleFunc("POST /demo/servers/{number}/stop", func(w http.ResponseWriter, r *http.Request) { f.order(w, r, p, false) })
	mux.HandleFunc("POST /demo/servers/{number}/start", func(w http.ResponseWriter, r *http.Request) { f.order(w, r, p, true) })
	guarded := guard.Handler(mux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !slices.Contains(hosts, r.Host) {
			http.Redirect(w, r, p.url(), http.StatusSeeOther) // localhost, for example
			return
		}
		w.Header().Add("Vary", "Origin")
		if origin := r.Header.Get("Origin"); slices.Contains(origins, origin) {
			w.Header().Set("Access-Control-Allow-Origin", origin)
		}
		guarded.ServeHTTP(w, r)
	})
}

// order stops or starts a server and answers what all of them do now.
func (f *fleet) order(w http.ResponseWriter, r *http.Request, self place, run bool) {
	number, err := strconv.Atoi(r.PathValue("number"))
	if err != nil {
		http.Error(w, "the number of a server is a whole one", http.StatusNotFound)
		return
	}
	m, err := f.member(number)
	if err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	begin := m.want(run)
	defer begin()
	f.answer(w, self)
	// The server to be stopped may be this one: the answer goes out first.
	_ = http.NewResponseController(w).Flush() // if that fails, the asker has gone
}

// answer lists the servers.
func (f *fleet) answer(w http.ResponseWriter, self place) {
	infos := make([]serverInfo, 0, len(f.members))
	for _, m := range f.members {
		s := m.status()
		info := serverInfo{
			Number: m.number, Name: m.name(), URL: m.url(), Color: m.color(),
			Running: s.state == running, State: s.state, Self: m.number == self.number,
		}
		if s.err != nil {
			info.Error = s.err.Error()
		}
		infos = append(infos, info)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(infos) // it fails only when the asker has gone
}
