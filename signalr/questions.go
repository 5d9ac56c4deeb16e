package signalr

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
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
	asked   map[string]int       // how many of them wait for a connection, by its ID
}

func newQuestions() *questions {
	return &questions{waiting: make(map[string]*question), asked: make(map[string]int)}
}

var (
	errInUse = errors.New("signalr: the invocation ID is in use")
	// errUnanswered is why a client is not asked that leaves too much unanswered.
	errUnanswered = fmt.Errorf("%w: the client leaves as many invocations unanswered as Limits.MaxClientResults allows", ErrLimit)
)

// newQuestionID returns an ID that no server has used, in the form of ASP.NET
// Core's: clients do not draw such ones for themselves.
func newQuestionID() string {
	var id [16]byte
	rand.Read(id[:]) // never fails
	return base64.RawStdEncoding.EncodeToString(id[:])
}

// add lets q wait, unless the ID is in use or as many as limit wait for its connection.
func (qs *questions) add(id string, q *question, limit int) error {
	qs.mu.Lock()
	defer qs.mu.Unlock()
	return qs.enter(id, q, limit)
}

// addUntil is add, and calls ended in a goroutine if ctx ends while q waits.
func (qs *questions) addUntil(ctx context.Context, id string, q *question, limit int, ended func()) error {
	qs.mu.Lock()
	defer qs.mu.Unlock()
	if err := qs.enter(id, q, limit); err != nil {
		return err
	}
	q.stop = context.AfterFunc(ctx, func() {
		if qs.forget(id, q) {
			ended()
		}
	})
	return nil
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
func (qs *questions) enter(id string, q *question, limit int) error {
	switch {
	case qs.waiting[id] != nil:
		return errInUse
	case qs.asked[q.connection] >= limit:
		return errUnanswered
	}
	qs.waiting[id] = q
	qs.asked[q.connection]++
	return nil
}

func (qs *questions) leave(id string, q *question) {
	delete(qs.waiting, id)
	if qs.asked[q.connection]--; qs.asked[q.connection] == 0 {
		delete(qs.asked, q.connection)
	}
	if q.stop != nil {
		q.stop()
	}
}
