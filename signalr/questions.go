package signalr

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"sync"

	"github.com/signalmesh/signalmesh/signalr/protocol"
)

// A question is an invocation that waits for its client's answer.
type question struct {
	connection string // ID of the only one that may answer
	server     string // that asked; empty: this one
	// answer takes the answer. It is called at most once, when the question has
	// been taken out of questions, and without a lock.
	answer func(protocol.Protocol, protocol.Completion)
	stop   func() bool // ends the watch of addUntil; nil: there is none
}

// questions are those of one hub that wait: what this server asks its own clients
// and others', and what other servers ask clients here.
type questions struct {
	mu      sync.Mutex
	waiting map[string]*question // by invocation ID
}

func newQuestions() *questions { return &questions{waiting: make(map[string]*question)} }

// newQuestionID returns an ID that no server has used, in the form of ASP.NET
// Core's: clients do not draw such ones for themselves.
func newQuestionID() string {
	var id [16]byte
	rand.Read(id[:]) // never fails
	return base64.RawStdEncoding.EncodeToString(id[:])
}

// add lets q wait. It reports false if the ID is in use.
func (qs *questions) add(id string, q *question) bool {
	qs.mu.Lock()
	defer qs.mu.Unlock()
	return qs.enter(id, q)
}

// addUntil is add, and calls ended in a goroutine if ctx ends while q waits.
func (qs *questions) addUntil(ctx context.Context, id string, q *question, ended func()) bool {
	qs.mu.Lock()
	defer qs.mu.Unlock()
	if !qs.enter(id, q) {
		return false
	}
	q.stop = context.AfterFunc(ctx, func() {
		if qs.forget(id, q) {
			ended()
		}
	})
	return true
}

// forget ends the waiting of q. It reports false if it had ended.
func (qs *questions) forget(id string, q *question) bool {
	qs.mu.Lock()
	defer qs.mu.Unlock()
	if qs.waiting[id] != q {
		return false
	}
	qs.leave(id, q)
	return true
}

// answered takes an answer of a connection here. One that nobody waits for has
// no effect. The error is that another connection was asked.
func (qs *questions) answered(connectionID string, p protocol.Protocol, m protocol.Completion) error {
	qs.mu.Lock()
	q := qs.waiting[m.InvocationID]
	if q == nil || q.connection != connectionID {
		qs.mu.Unlock()
		if q == nil {
			return nil
		}
		return &namedError{
			name:    "InvalidOperationException",
			message: fmt.Sprintf("Connection ID '%s' is not valid for invocation ID '%s'.", connectionID, m.InvocationID),
		}
	}
	qs.leave(m.InvocationID, q)
	qs.mu.Unlock()
	q.answer(p, m)
	return nil
}

// returned takes an answer that came from another server, to a question of this
// one. One that nobody waits for has no effect.
func (qs *questions) returned(p protocol.Protocol, m protocol.Completion) {
	qs.mu.Lock()
	q := qs.waiting[m.InvocationID]
	if q == nil || q.server != "" {
		qs.mu.Unlock()
		return
	}
	qs.leave(m.InvocationID, q)
	qs.mu.Unlock()
	q.answer(p, m)
}

// left forgets what a server asked that left, and returns that by ID.
func (qs *questions) left(server string) map[string]*question {
	qs.mu.Lock()
	defer qs.mu.Unlock()
	forgotten := make(map[string]*question)
	for id, q := range qs.waiting {
		if q.server == server {
			qs.leave(id, q)
			forgotten[id] = q
		}
	}
	return forgotten
}

// enter and leave change waiting. The caller holds mu.
func (qs *questions) enter(id string, q *question) bool {
	if qs.waiting[id] != nil {
		return false
	}
	qs.waiting[id] = q
	return true
}

func (qs *questions) leave(id string, q *question) {
	delete(qs.waiting, id)
	if q.stop != nil {
		q.stop()
	}
}
