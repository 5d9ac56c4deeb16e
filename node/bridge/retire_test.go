package bridge

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A scripted plane implements the part of Plane that a bridge uses to answer. It records
// the calls.
type scripted struct {
	Plane
	publish func(ctx context.Context, channel string, data []byte) error // nil: it works
	confirm func()                                                       // while an announcement is confirmed

	mu   sync.Mutex
	done []string
}

func (p *scripted) note(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done = append(p.done, text)
}

func (p *scripted) all() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.done...)
}

func (p *scripted) Self() string { return "self" }

func (p *scripted) Unsubscribe(channel string) { p.note("unsubscribe " + channel) }

func (p *scripted) Announce(...string) (func(context.Context) error, error) {
	p.note("announce")
	return func(context.Context) error { p.confirm(); return nil }, nil
}

func (p *scripted) Publish(ctx context.Context, channel string, data []byte) (int, error) {
	if p.publish != nil {
		return 0, p.publish(ctx, channel, data)
	}
	a, err := parseAnswer(data)
	if err != nil {
		return 0, err
	}
	if a.away {
		p.note("away to " + channel[len(answerPrefix):])
	} else {
		p.note("answer to " + channel[len(answerPrefix):])
	}
	return 1, nil
}

// answering is a bridge that has begun to answer questions, without a Redis.
func answering(t *testing.T, p *scripted) (*Bridge, *session) {
	o, err := Options{Plane: p}.complete()
	require.NoError(t, err)
	b := &Bridge{plane: p, o: o, log: o.Logger, asks: newAsks(o.Patience), state: Bridging}
	b.metrics = newMetrics(b)
	b.ctx, b.cancel = context.WithCancel(t.Context())
	t.Cleanup(b.cancel)
	b.session = newSession(b, nil, nil)
	return b, b.session
}

func confirmation(id uint64) []byte { return question{verb: toConfirm, id: id}.append(nil) }

// A node that stops bridging answers the questions that arrive until every server has
// confirmed the change.
func TestWhoCeasesToBridgeAnswersWhatItWasAsked(t *testing.T) {
	p := &scripted{}
	b, s := answering(t, p)
	b.asked("early", confirmation(1))
	p.confirm = func() {
		p.note("confirmed")
		b.asked("late", confirmation(2)) // it did not know yet
	}
	require.NoError(t, s.retire(t.Context()))
	assert.Equal(t, []string{"unsubscribe " + askChannel, "announce", "confirmed", "answer to early", "answer to late"}, p.all())

	b.leave()
	b.asked("too late", confirmation(3))
	assert.Equal(t, "away to too late", p.all()[5], "refused immediately")
	b.bridged = time.Now().Add(-afterwards)
	b.asked("much later", confirmation(4))
	assert.Len(t, p.all(), 6, "another node answers")
}

// The pending questions of a failed session are refused, and so are later ones.
func TestWhoFailsRefusesWhatItWasAsked(t *testing.T) {
	p := &scripted{}
	b, s := answering(t, p)
	b.asked("a", confirmation(1))
	b.asked("b", confirmation(2))
	s.refuseAll()
	b.bridged = time.Now()
	b.asked("c", confirmation(3))
	assert.Equal(t, []string{"away to a", "away to b", "away to c"}, p.all())
}

// An answer to a slow server does not block: the same goroutine reads the questions of
// all servers.
func TestAnAnswerDoesNotWaitForRoom(t *testing.T) {
	p := &scripted{publish: func(ctx context.Context, _ string, _ []byte) error {
		select {
		case <-ctx.Done(): // as a Publish without room
			return ctx.Err()
		case <-time.After(10 * time.Second):
			return nil
		}
	}}
	b, _ := answering(t, p)
	begun := time.Now()
	for range 10 {
		b.answer("slow", answer{id: 1})
	}
	assert.Less(t, time.Since(begun), 5*time.Second)
}
