package door_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/node/door"
)

func bulk(s string) string { return fmt.Sprintf("$%d\r\n%s\r\n", len(s), s) }

func message(channel, data string) string {
	return "*3\r\n" + bulk("message") + bulk(channel) + bulk(data)
}

func subscribed(verb, channel string, count int) string {
	return "*3\r\n" + bulk(verb) + bulk(channel) + fmt.Sprintf(":%d\r\n", count)
}

func TestEverySubscriberOfTheMeshIsCounted(t *testing.T) {
	s := sites(t, 3, nil)
	publisher := dial(t, s[0].addr())
	assert.Equal(t, ":0\r\n", publisher.ask("PUBLISH", "c", "x"))
	var all []*wire
	for i, n := range []int{1, 2, 2} {
		for range n {
			w := dial(t, s[i].addr())
			require.Equal(t, subscribed("subscribe", "c", 1), w.ask("SUBSCRIBE", "c"))
			all = append(all, w)
		}
	}
	p := dial(t, s[2].addr())
	require.Equal(t, subscribed("psubscribe", "?", 1), p.ask("PSUBSCRIBE", "?"))
	assert.Equal(t, ":6\r\n", publisher.ask("PUBLISH", "c", "x"))
	assert.Equal(t, "*4\r\n"+bulk("c")+":5\r\n"+bulk("d")+":0\r\n", publisher.ask("PUBSUB", "NUMSUB", "c", "d"))
	assert.Equal(t, ":1\r\n", publisher.ask("PUBSUB", "NUMPAT"))
	assert.Equal(t, "*1\r\n"+bulk("c"), publisher.ask("PUBSUB", "CHANNELS"))
	for _, w := range all {
		assert.Equal(t, message("c", "x"), w.reply())
	}
	assert.Equal(t, "*4\r\n"+bulk("pmessage")+bulk("?")+bulk("c")+bulk("x"), p.reply())
}

func TestOrderOfAPublisherIsKept(t *testing.T) {
	s := sites(t, 2, nil)
	a, b := dial(t, s[0].addr()), dial(t, s[1].addr())
	for _, w := range []*wire{a, b} {
		w.ask("SUBSCRIBE", "c")
	}
	const messages = 5000
	p := dial(t, s[0].addr())
	var text strings.Builder
	for i := range messages {
		fmt.Fprintf(&text, "PUBLISH c %d\r\n", i)
	}
	go p.send(text.String()) // ends when it is read
	for i := range messages {
		for _, w := range []*wire{a, b} {
			require.Equal(t, message("c", fmt.Sprint(i)), w.reply())
		}
		require.Equal(t, ":2\r\n", p.reply())
	}
}

func TestFiftyThousandSubscriptionsInABurst(t *testing.T) {
	s := sites(t, 2, nil)
	w := dial(t, s[0].addr())
	const n = 50_000
	var text strings.Builder
	for i := range n {
		name := fmt.Sprintf("Chat.Hubs.ChatHub:connection:%d", i)
		fmt.Fprintf(&text, "*2\r\n$9\r\nSUBSCRIBE\r\n$%d\r\n%s\r\n", len(name), name)
	}
	go w.send(text.String()) // ends when it is read
	for i := range n {
		require.Equal(t, subscribed("subscribe", fmt.Sprintf("Chat.Hubs.ChatHub:connection:%d", i), i+1), w.reply())
	}
	p := dial(t, s[1].addr())
	for _, i := range []int{0, 777, n - 1} {
		assert.Equal(t, ":1\r\n", p.ask("PUBLISH", fmt.Sprintf("Chat.Hubs.ChatHub:connection:%d", i), "x"))
		w.reply()
	}
}

// Until the node is ready clients wait.
func TestADoorLetsNobodyInBeforeTheNodeIsReady(t *testing.T) {
	ready := make(chan struct{})
	s := sites(t, 1, func(o *door.Options) { o.Ready = ready })
	w := dial(t, s[0].addr())
	w.send("PING\r\n")
	assert.Empty(t, s[0].Census().Clients)
	close(ready)
	assert.Equal(t, "+PONG\r\n", w.reply())
}

// A client that does not read is cut, and nobody else notices.
func TestAClientThatDoesNotReadIsCut(t *testing.T) {
	s := sites(t, 1, func(o *door.Options) { o.Output = 1 << 20 })
	slow, quick, p := dial(t, s[0].addr()), dial(t, s[0].addr()), dial(t, s[0].addr())
	slow.ask("SUBSCRIBE", "c")
	quick.ask("SUBSCRIBE", "c")
	payload := strings.Repeat("x", 100_000)
	for i := 0; ; i++ {
		require.Less(t, i, 1000, "never cut")
		answer := p.ask("PUBLISH", "c", payload)
		require.Equal(t, message("c", payload), quick.reply())
		if answer == ":1\r\n" {
			break
		}
		require.Equal(t, ":2\r\n", answer)
	}
	text := slow.rest()
	assert.NotEmpty(t, text, "what was written before still arrives")
}

// The conversation of a client that vanishes and comes back under its name.
func TestAClientThatComesBackMissesNothing(t *testing.T) {
	s := sites(t, 2, func(o *door.Options) { o.Replay = time.Minute })
	app := dial(t, s[0].addr())
	app.ask("CLIENT", "SETNAME", "web-1(SE.Redis-v2.8.0)")
	app.ask("SUBSCRIBE", "hub:all")
	app.ask("SUBSCRIBE", "hub:group:red")
	p := dial(t, s[1].addr())
	require.Equal(t, ":1\r\n", p.ask("PUBLISH", "hub:all", "0"))
	require.Equal(t, message("hub:all", "0"), app.reply())
	require.NoError(t, app.Close())
	require.Eventually(t, func() bool { return len(s[0].Census().Clients) == 0 }, patience, time.Millisecond)
	for i := 1; i <= 3; i++ {
		require.Equal(t, ":0\r\n", p.ask("PUBLISH", "hub:all", fmt.Sprint(i)), "it is not counted while it is away, as in Redis")
	}
	p.ask("PUBLISH", "hub:group:red", "r")

	other := dial(t, s[0].addr())
	other.ask("CLIENT", "SETNAME", "another")
	other.ask("SUBSCRIBE", "hub:all")

	again := dial(t, s[0].addr())
	again.ask("CLIENT", "SETNAME", "web-1(SE.Redis-v2.8.0)")
	require.Equal(t, subscribed("subscribe", "hub:all", 1), again.ask("SUBSCRIBE", "hub:all"))
	for i := 1; i <= 3; i++ {
		require.Equal(t, message("hub:all", fmt.Sprint(i)), again.reply())
	}
	require.Equal(t, ":2\r\n", p.ask("PUBLISH", "hub:all", "4"))
	require.Equal(t, message("hub:all", "4"), again.reply(), "once")
	require.Equal(t, message("hub:all", "4"), other.reply(), "nothing of another's")
	require.Equal(t, subscribed("subscribe", "hub:group:red", 2), again.ask("SUBSCRIBE", "hub:group:red"))
	require.Equal(t, message("hub:group:red", "r"), again.reply())
}

func TestWhoLeavesInOrderIsNotWaitedFor(t *testing.T) {
	s := sites(t, 1, nil)
	app := dial(t, s[0].addr())
	app.ask("CLIENT", "SETNAME", "web-1")
	app.ask("SUBSCRIBE", "c")
	app.send("QUIT\r\n")
	assert.Equal(t, "+OK\r\n", app.rest())
	assert.Equal(t, ":0\r\n", dial(t, s[0].addr()).ask("PUBLISH", "c", "x"))
}
