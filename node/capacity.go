package node

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
)

// The open files of the process are divided:
//
//	0                          limit - reserve      limit - reserve/2        limit
//	|-- connections of clients ------|-- no new clients --|-- peers, admin ------|
//
// Connections to the HTTP listener are counted when they open and close. The open files
// of the process are counted every second, since an application that embeds a node also
// opens files.
const (
	minReserve = 128
	maxReserve = 1024
	// retryAfter is after how many seconds a client that is turned away may try again.
	retryAfter = "5"
)

// reserveOf returns the number of open files that are kept for peers, the admin listener
// and the other files of the process: an eighth of the limit, from 128 to 1024, and at
// most half of the limit.
func reserveOf(files int) int { return min(max(files/8, minReserve), maxReserve, files/2) }

// A capacity bounds the connections of clients, so that open files are left for peers
// and for the admin listener. It may be used concurrently.
type capacity struct {
	files   int // that the process may have open; 0: no limit is known
	reserve int // of those
	clients int // connections that the HTTP listener takes; 0: no limit

	connections atomic.Int64
	refused     atomic.Uint64 // connections and requests turned away

	mu    sync.Mutex
	open  int // files, as counted last
	state fullness
}

// A fullness reports whether new clients are accepted.
//
//	roomy ---- clients reached ------> fullOfClients
//	roomy ---- half of the reserve is used up, or the system refused to open a file --> fullOfFiles
//	full  ---- a twentieth is free again --> roomy
type fullness uint8

const (
	roomy fullness = iota
	fullOfClients
	fullOfFiles
)

// newCapacity returns a capacity for so many open files, 0 if there is no limit, and so
// many clients; 0 means as many as the files allow.
func newCapacity(files, clients int) *capacity {
	c := &capacity{files: files, clients: clients}
	if files > 0 {
		c.reserve = reserveOf(files)
		if clients == 0 {
			c.clients = files - c.reserve
		}
	}
	return c
}

// enter counts a connection of a client and reports true; leave must follow. If there is
// no room, it counts a refused connection and reports false.
func (c *capacity) enter() bool {
	if n := c.connections.Add(1); c.clients > 0 && n > int64(c.clients) || c.judge() == fullOfFiles {
		c.connections.Add(-1)
		c.refused.Add(1)
		return false
	}
	return true
}

func (c *capacity) leave() { c.connections.Add(-1) }

// count notes how many files are open.
func (c *capacity) count(open int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open = open
}

// exhausted notes err if it means that the system refused to open a file.
func (c *capacity) exhausted(err error) {
	if errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) {
		c.count(max(c.files, 1))
	}
}

// judge returns the fullness by the latest counts.
func (c *capacity) judge() fullness {
	n := int(c.connections.Load())
	c.mu.Lock()
	defer c.mu.Unlock()
	spare := func(limit int) int { // once full, a twentieth must become free
		if c.state == roomy {
			return limit
		}
		return limit - max(limit/20, 1)
	}
	switch {
	case c.files > 0 && c.open > spare(c.files-c.reserve/2):
		c.state = fullOfFiles
	case c.clients > 0 && n >= spare(c.clients):
		c.state = fullOfClients
	default:
		c.state = roomy
	}
	return c.state
}

// full returns why new clients are refused, and the remedy. It returns "" if they are
// accepted.
func (c *capacity) full() string {
	state := c.judge()
	c.mu.Lock()
	open := c.open
	c.mu.Unlock()
	switch state {
	case fullOfFiles:
		return fmt.Sprintf("full: %d of %d open files are in use, and the rest is kept for peers and the admin listener; new clients get 503: raise the limit (ulimit -n, LimitNOFILE in systemd) or add servers", open, c.files)
	case fullOfClients:
		text := fmt.Sprintf("full: %d connections of clients are open, and the limit is %d; new clients get 503: ", c.connections.Load(), c.clients)
		if c.files > 0 && c.clients >= c.files-c.reserve {
			return text + fmt.Sprintf("raise the limit of %d open files (ulimit -n, LimitNOFILE in systemd) or add servers", c.files)
		}
		return text + "raise --max-connections or add servers"
	}
	return ""
}

// guard answers requests that would open a connection of a hub with 503 while the node
// is full. It protects nodes whose hubs are served by the web server of the application.
func (c *capacity) guard(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if opensConnection(r) && c.judge() == fullOfFiles {
			c.refused.Add(1)
			w.Header().Set("Connection", "close")
			w.Header().Set("Retry-After", retryAfter)
			http.Error(w, fullText, http.StatusServiceUnavailable)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// opensConnection reports whether a request begins a connection of a hub: it negotiates,
// or it is a WebSocket without negotiation.
func opensConnection(r *http.Request) bool {
	if strings.HasSuffix(strings.ToLower(strings.TrimSuffix(r.URL.Path, "/")), "/negotiate") {
		return r.Method == http.MethodPost
	}
	return strings.EqualFold(r.Header.Get("Upgrade"), "websocket") && !r.URL.Query().Has("id")
}

// A CapacityStatus is the used part of a node's capacity and its limits.
type CapacityStatus struct {
	OpenFiles        int    `json:"openFiles"`        // of the process, as counted last
	OpenFilesLimit   int    `json:"openFilesLimit"`   // 0: no limit is known
	Connections      int    `json:"connections"`      // of clients, to the HTTP listener
	ConnectionsLimit int    `json:"connectionsLimit"` // 0: no limit
	Refused          uint64 `json:"refused"`          // connections and requests turned away
}

func (c *capacity) status() CapacityStatus {
	c.mu.Lock()
	defer c.mu.Unlock()
	return CapacityStatus{
		OpenFiles: c.open, OpenFilesLimit: c.files, Connections: int(c.connections.Load()), ConnectionsLimit: c.clients, Refused: c.refused.Load(),
	}
}
