package door_test

import (
	"sync"
	"sync/atomic"

	"github.com/signalmesh/signalmesh/node/door"
)

// A ledger is the credentials of a test: the passwords of users.
type ledger struct {
	mu        sync.Mutex
	passwords map[string]string
	known     map[string]bool // "user password" that Recall knows; nil: all
	verified  atomic.Int64    // calls of Verify
	hold      chan struct{}   // Verify waits until it is closed; nil: it does not
}

type grant struct {
	l              *ledger
	user, password string
}

func (g grant) Valid() bool { return g.l.right(g.user, g.password) }

func (l *ledger) right(user, password string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	want, ok := l.passwords[user]
	return ok && want == password
}

func (l *ledger) Recall(user, password string) (door.Grant, door.Verdict) {
	l.mu.Lock()
	unknown := l.known != nil && !l.known[user+" "+password]
	l.mu.Unlock()
	switch {
	case unknown:
		return nil, door.Unknown
	case l.right(user, password):
		return grant{l, user, password}, door.Right
	}
	return nil, door.Wrong
}

func (l *ledger) Verify(user, password string) (door.Grant, bool) {
	l.verified.Add(1)
	if l.hold != nil {
		<-l.hold
	}
	if !l.right(user, password) {
		return nil, false
	}
	l.mu.Lock()
	l.known[user+" "+password] = true
	l.mu.Unlock()
	return grant{l, user, password}, true
}

// set changes the password of a user; empty removes the user.
func (l *ledger) set(user, password string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if password == "" {
		delete(l.passwords, user)
		return
	}
	l.passwords[user] = password
}
