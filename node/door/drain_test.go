package door_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// drain drains a door, and returns the number of clients that left and that remain.
func drain(t *testing.T, s site, within time.Duration) <-chan [2]int {
	done := make(chan [2]int, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), within)
		defer cancel()
		moved, left := s.Drain(ctx)
		done <- [2]int{moved, left}
	}()
	return done
}

// The notice reaches clients with a ChannelPrefix, under the name that they use.
func TestTheNoticeOfADrainReachesClientsWithAPrefix(t *testing.T) {
	s := sites(t, 1, nil)
	app := dial(t, s[0].addr())
	app.ask("SUBSCRIBE", "chat:__Booksleeve_MasterChanged")
	app.ask("SUBSCRIBE", "chat:Hub:all")
	done := drain(t, s[0], patience)
	assert.Equal(t, message("chat:__Booksleeve_MasterChanged", "*"), app.reply())
	require.NoError(t, app.Close())
	assert.Equal(t, [2]int{1, 0}, <-done)
}

// Subscriptions stay where they are until their connection ends, so a drain ends it. A
// client without another endpoint comes back, misses nothing, and is left alone.
func TestADrainEndsSubscriptionsAndTheirClientsMayComeBack(t *testing.T) {
	s := sites(t, 2, nil)
	app, publisher := dial(t, s[0].addr()), dial(t, s[0].addr())
	app.ask("CLIENT", "SETNAME", "web-1")
	app.ask("SUBSCRIBE", "c")
	publisher.ask("PING")
	done := drain(t, s[0], 3*time.Second)
	assert.Empty(t, app.rest(), "it is ended")
	elsewhere := dial(t, s[1].addr())
	nobody := "*2\r\n" + bulk("c") + ":0\r\n"
	require.Eventually(t, func() bool { return elsewhere.ask("PUBSUB", "NUMSUB", "c") == nobody }, patience, tick)
	require.Equal(t, ":0\r\n", elsewhere.ask("PUBLISH", "c", "missed"), "it is not counted")
	assert.Equal(t, "+PONG\r\n", publisher.ask("PING"), "a connection without subscriptions stays")

	again := dial(t, s[0].addr())
	again.ask("CLIENT", "SETNAME", "web-1")
	require.Equal(t, subscribed("subscribe", "c", 1), again.ask("SUBSCRIBE", "c"))
	require.Equal(t, message("c", "missed"), again.reply())
	assert.Equal(t, [2]int{0, 2}, <-done)
	assert.Equal(t, ":1\r\n", elsewhere.ask("PUBLISH", "c", "x"))
	require.Equal(t, message("c", "x"), again.reply())
	assert.EqualValues(t, 1, s[0].Ended()["moved"])
}

// A client without another endpoint connects again. The drain ends although it stays.
func TestADrainEndsAlthoughAClientHasNoOtherEndpoint(t *testing.T) {
	s := sites(t, 1, nil)
	control, subscriber := dial(t, s[0].addr()), dial(t, s[0].addr())
	control.ask("CLIENT", "SETNAME", "web-1")
	subscriber.ask("CLIENT", "SETNAME", "web-1")
	subscriber.ask("SUBSCRIBE", "c")
	done := make(chan [2]int, 1)
	go func() {
		moved, left := s[0].Drain(context.Background())
		done <- [2]int{moved, left}
	}()
	assert.Empty(t, subscriber.rest(), "it is ended")
	require.NoError(t, subscriber.Close()) // until then it may count
	again := dial(t, s[0].addr())
	again.ask("CLIENT", "SETNAME", "web-1")
	require.Equal(t, subscribed("subscribe", "c", 1), again.ask("SUBSCRIBE", "c"))
	assert.Equal(t, [2]int{0, 2}, <-done)
	assert.Equal(t, "+PONG\r\n", control.ask("PING"), "it is served until the door closes")
}

// A door that is drained moves its clients to another one in order.
func TestADrainingDoorSendsItsClientsElsewhere(t *testing.T) {
	s := sites(t, 1, nil)
	control, app := dial(t, s[0].addr()), dial(t, s[0].addr())
	app.ask("SUBSCRIBE", "__Booksleeve_MasterChanged")
	assert.Contains(t, control.ask("INFO", "replication"), "role:master")
	done := make(chan error)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		done <- s[0].Shutdown(ctx)
	}()
	assert.Equal(t, message("__Booksleeve_MasterChanged", "*"), app.reply())
	assert.Contains(t, control.ask("INFO", "replication"), "role:slave")
	require.NoError(t, control.Close())
	require.NoError(t, app.Close())
	assert.NoError(t, <-done, "it ends when they have gone")
}

// A drained door serves the clients that stay. After Undrain it is a master again.
func TestADrainedDoorServesItsClientsAndCanBeUndrained(t *testing.T) {
	s := sites(t, 1, nil)
	control, app := dial(t, s[0].addr()), dial(t, s[0].addr())
	app.ask("SUBSCRIBE", "__Booksleeve_MasterChanged")
	control.ask("PING") // it is connected
	ctx, cancel := context.WithCancel(t.Context())
	type counts struct{ moved, left int }
	done := make(chan counts, 1)
	go func() {
		moved, left := s[0].Drain(ctx)
		done <- counts{moved, left}
	}()
	assert.Equal(t, message("__Booksleeve_MasterChanged", "*"), app.reply())
	require.NoError(t, app.Close())
	require.Eventually(t, func() bool { return len(s[0].Census().Clients) == 1 }, patience, time.Millisecond)
	cancel()
	assert.Equal(t, counts{moved: 1, left: 1}, <-done)
	assert.Contains(t, control.ask("INFO", "replication"), "role:slave")
	listener := dial(t, s[0].addr())
	listener.ask("SUBSCRIBE", "__Booksleeve_MasterChanged")
	s[0].Undrain()
	assert.Equal(t, message("__Booksleeve_MasterChanged", "*"), listener.reply())
	assert.Contains(t, control.ask("INFO", "replication"), "role:master")
	s[0].Undrain() // it is not drained
	assert.Equal(t, "+PONG\r\n", control.ask("PING"))
}
