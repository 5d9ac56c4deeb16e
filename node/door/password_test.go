package door_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/node/door"
)

const refused = "-WRONGPASS invalid username-password pair or user is disabled.\r\n"

// guarded opens a site whose credentials have to verify what they do not know.
func guarded(t *testing.T, change func(*door.Options)) (site, *ledger, *journal) {
	l := &ledger{passwords: map[string]string{"shop": "of shop", "post": "of post"}, known: map[string]bool{}}
	s, log, _ := watched(t, func(o *door.Options) {
		o.Credentials = l
		if change != nil {
			change(o)
		}
	})
	return s, l, log
}

// A wrong password is answered as one, later and later. The right one is not delayed,
// at the same address and for the same user.
func TestGuessesAreDelayedAndRightPasswordsAreNot(t *testing.T) {
	s, _, log := guarded(t, func(o *door.Options) { o.BeforeAuth.Delay, o.BeforeAuth.Guesses = 300*time.Millisecond, 1e6 })
	require.Equal(t, "+OK\r\n", dial(t, s.addr()).ask("AUTH", "shop", "of shop"))
	slow := false
	for i := range 13 {
		begun := time.Now()
		require.Equal(t, refused, dial(t, s.addr()).ask("AUTH", "shop", fmt.Sprint("guess ", i)))
		slow = slow || time.Since(begun) >= 300*time.Millisecond
	}
	assert.True(t, slow, "the last guesses are delayed")
	assert.Len(t, log.warnings(), 1, "not a line for each guess")
	for range 3 {
		begun := time.Now()
		require.Equal(t, "+OK\r\n", dial(t, s.addr()).ask("AUTH", "shop", "of shop"))
		assert.Less(t, time.Since(begun), 300*time.Millisecond)
	}
}

// A password is verified once, also if many connections send it at the same time.
func TestAPasswordIsVerifiedOnce(t *testing.T) {
	s, l, _ := guarded(t, nil)
	l.hold = make(chan struct{})
	var all []*wire
	for range 20 {
		w := dial(t, s.addr())
		w.command("AUTH", "shop", "of shop")
		all = append(all, w)
	}
	require.Eventually(t, func() bool { return l.verified.Load() == 1 }, patience, time.Millisecond)
	close(l.hold)
	for _, w := range all {
		assert.Equal(t, "+OK\r\n", w.reply())
	}
	assert.EqualValues(t, 1, l.verified.Load(), "the others waited for the first")
}

// A known password is accepted while another one is verified and others wait.
func TestKnownPasswordsDoNotWaitForGuesses(t *testing.T) {
	s, l, _ := guarded(t, nil)
	require.Equal(t, "+OK\r\n", dial(t, s.addr()).ask("AUTH", "post", "of post"))
	l.hold = make(chan struct{})
	defer close(l.hold)
	for i := range 30 {
		dial(t, s.addr()).command("AUTH", "shop", fmt.Sprint("guess ", i))
	}
	require.Eventually(t, func() bool { return l.verified.Load() == 2 }, patience, time.Millisecond)
	assert.Equal(t, "+OK\r\n", dial(t, s.addr()).ask("AUTH", "post", "of post"))
}

// A client that gives up waiting, or is ended, leaves its place in the queue.
func TestWhoGoesDoesNotBlockTheQueue(t *testing.T) {
	s, l, _ := guarded(t, func(o *door.Options) { o.BeforeAuth.Timeout = 200 * time.Millisecond })
	l.hold = make(chan struct{})
	for i := range 5 {
		dial(t, s.addr()).command("AUTH", "shop", fmt.Sprint("guess ", i))
	}
	late := dial(t, s.addr())
	late.command("AUTH", "shop", "of shop")
	assert.Equal(t, "-ERR signalmesh: the password could not be verified in time, because of others; try again\r\n", late.rest())
	close(l.hold)
	assert.Equal(t, "+OK\r\n", dial(t, s.addr()).ask("AUTH", "shop", "of shop"))
}

func TestUsersThatAreRemovedOrChangedAreCutOff(t *testing.T) {
	s, l, log := guarded(t, nil)
	login := func(user string) *wire {
		w := dial(t, s.addr())
		require.Equal(t, "+OK\r\n", w.ask("AUTH", user, "of "+user))
		return w
	}
	shop, busy, post := login("shop"), login("shop"), login("post")
	require.Equal(t, "+OK\r\n", busy.ask("CLIENT", "SETNAME", "busy"))
	require.Equal(t, subscribed("subscribe", "c", 1), busy.ask("SUBSCRIBE", "c"))
	assert.Zero(t, s.Revoke(), "nothing has changed")
	l.set("shop", "another")
	assert.Equal(t, 2, s.Revoke())
	assert.Empty(t, shop.rest())
	assert.Empty(t, busy.rest(), "a subscribed one, too")
	require.Eventually(t, func() bool { return post.ask("PUBLISH", "c", "x") == ":0\r\n" }, 4*time.Second, time.Millisecond, "nothing is kept for its return")
	assert.Len(t, log.warnings(), 1)
	assert.Contains(t, log.String(), "users=map[shop:2]")
	l.set("post", "")
	assert.Equal(t, 1, s.Revoke())
	assert.Empty(t, post.rest())
	l.mu.Lock()
	l.known = map[string]bool{}
	l.mu.Unlock()
	assert.Equal(t, refused, dial(t, s.addr()).ask("AUTH", "post", "of post"))
	assert.Equal(t, "+OK\r\n", dial(t, s.addr()).ask("AUTH", "shop", "another"))
}

// Pipelined commands are not run after the user was removed.
func TestARevokedUserRunsNothingMore(t *testing.T) {
	s, l, _ := guarded(t, nil)
	listener := dial(t, s.addr())
	require.Equal(t, "+OK\r\n", listener.ask("AUTH", "post", "of post"))
	listener.ask("SUBSCRIBE", "c")
	shop := dial(t, s.addr())
	require.Equal(t, "+OK\r\n", shop.ask("AUTH", "shop", "of shop"))
	l.hold = make(chan struct{})
	shop.send(array("AUTH", "shop", "guess") + array("PUBLISH", "c", "too late"))
	require.Eventually(t, func() bool { return l.verified.Load() == 3 }, patience, time.Millisecond)
	l.set("shop", "")
	assert.Equal(t, 1, s.Revoke())
	close(l.hold)
	shop.rest()
	p := dial(t, s.addr())
	require.Equal(t, "+OK\r\n", p.ask("AUTH", "post", "of post"))
	require.Equal(t, ":1\r\n", p.ask("PUBLISH", "c", "later"))
	assert.Equal(t, message("c", "later"), listener.reply())
}
