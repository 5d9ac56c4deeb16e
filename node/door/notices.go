package door

import (
	"log/slog"
	"sync"
	"time"
)

const (
	// noticesEvery is how often one notice is logged.
	noticesEvery = time.Minute
	// maxNotices bounds the keys in memory.
	maxNotices = 1024
)

// notices log what clients do wrong, each notice at most once in noticesEvery, so
// that clients cannot fill the log. Metrics count what is not logged. The zero value
// is ready.
type notices struct {
	mu   sync.Mutex
	told map[string]time.Time
}

// warnings are the notices of a Door.
type warnings struct {
	clients  notices // by address
	commands notices // by name
}

// warn logs a warning unless one with the same key was logged lately.
func (n *notices) warn(l *slog.Logger, key, text string, args ...any) {
	if n.due(key, time.Now(), noticesEvery) {
		l.Warn("redis endpoint: "+text, args...)
	}
}

// due reports whether nothing was logged for key in the last period.
func (n *notices) due(key string, now time.Time, period time.Duration) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if last, told := n.told[key]; told && now.Sub(last) < period {
		return false
	}
	if n.told == nil {
		n.told = map[string]time.Time{}
	}
	if len(n.told) >= maxNotices {
		for old, at := range n.told {
			if now.Sub(at) >= noticesEvery {
				delete(n.told, old)
			}
		}
		if len(n.told) >= maxNotices {
			return false
		}
	}
	n.told[key] = now
	return true
}
