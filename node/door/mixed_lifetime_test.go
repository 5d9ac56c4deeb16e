package door_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/node/door"
	"github.com/signalmesh/signalmesh/signalr"
	"github.com/signalmesh/signalmesh/signalr/protocol"
)

// A join that has returned holds for sends from everywhere, and so does a leave. Both
// may be repeated.
func TestGroupsAreChangedBetweenGoAndDotNet(t *testing.T) {
	mixed(t, nil, func(t *testing.T, m mesh) {
		ctx := patiently(t)
		cast := m.cast(t)
		groups := m.g.Hub("/chat").Groups(ctx)
		for _, group := range []string{"green", "*", "部屋:1 [a]?"} {
			for _, c := range cast {
				for changer, change := range map[string]struct{ add, remove func() error }{
					"Go": {func() error { return groups.Add(c.id, group) }, func() error { return groups.Remove(c.id, group) }},
					".NET": {func() error { return m.net.AddToGroup(ctx, c.id, group) },
						func() error { return m.net.RemoveFromGroup(ctx, c.id, group) }},
				} {
					for range 2 {
						require.NoError(t, change.add(), "%s joins %s", changer, c.name)
					}
					for from, s := range m.senders(ctx) {
						require.NoError(t, s.group(group, "in"))
						assert.Equal(t, map[string]int{c.name: 1}, m.heard(t, s, cast, "in"), "joined by %s, sent by %s", changer, from)
					}
					for range 2 {
						require.NoError(t, change.remove(), "%s leaves %s", changer, c.name)
					}
					for from, s := range m.senders(ctx) {
						require.NoError(t, s.group(group, "out"))
						assert.Empty(t, m.heard(t, s, cast, "out"), "left by %s, sent by %s", changer, from)
					}
				}
			}
		}
		assert.NoError(t, m.net.Faults())
	})
}

// Go says at once that no server has a connection; .NET waits.
func TestGroupChangesOfConnectionsThatNobodyHas(t *testing.T) {
	mixed(t, nil, func(t *testing.T, m mesh) {
		assert.ErrorIs(t, m.g.Hub("/chat").Groups(patiently(t)).Add("nobody", "red"), signalr.ErrNoConnection)
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		assert.ErrorContains(t, m.net.AddToGroup(ctx, "nobody", "red"), "A task was canceled")
	})
}

// Who is connected can be reached from everywhere, at once, and a user until the last
// connection of it has gone.
func TestConnectionsComeAndGoBetweenGoAndDotNet(t *testing.T) {
	mixed(t, nil, func(t *testing.T, m mesh) {
		ctx := patiently(t)
		senders := m.senders(ctx)
		for i, p := range []protocol.Protocol{protocol.JSON(), protocol.MessagePack()} {
			a, b := connectNet(t, m.net, "A", "ann", p), connectNet(t, m.net, "B", "ann", p)
			require.NoError(t, senders["Go"].connection("A", "to you"))
			assert.Equal(t, "to you", hears(t, a)(), "protocol %d", i)
			require.NoError(t, senders["Go"].user("ann", "to both"))
			assert.Equal(t, "to both", hears(t, a)())
			assert.Equal(t, "to both", hears(t, b)())
			m.net.Disconnect(a)
			require.NoError(t, senders["Go"].user("ann", "to one"))
			assert.Equal(t, "to one", hears(t, b)())
			m.net.Disconnect(b)
			assert.Zero(t, a.Waiting())

			c := m.g.connect(t, "cid", p)
			require.NoError(t, senders[".NET"].connection(c.id, "to you"))
			assert.Equal(t, "to you", c.hears())
			d := m.g.connect(t, "cid", p)
			require.NoError(t, senders[".NET"].user("cid", "to both"))
			assert.Equal(t, "to both", c.hears())
			assert.Equal(t, "to both", d.hears())
			require.NoError(t, d.ws.Close())
			require.NoError(t, senders[".NET"].user("cid", "to one"))
			assert.Equal(t, "to one", c.hears())
		}
		assert.NoError(t, m.net.Faults())
	})
}

// The sender's encodings are delivered as they are: who needs one that the sender does
// not have is told to connect elsewhere.
func TestAServerThatLacksAProtocolEndsWhoNeedsIt(t *testing.T) {
	s := sites(t, 1, nil)
	g := startGo(t, s[0])
	n := startNet(t, "JSON-ONLY", []protocol.Protocol{protocol.JSON()}, s[0].addr())
	text, binary := g.connect(t, "ann", protocol.JSON()), g.connect(t, "bob", protocol.MessagePack())
	require.NoError(t, n.SendAll(patiently(t), "hear", "hello"))
	assert.Equal(t, "hello", text.hears())
	assert.Equal(t, protocol.Close{Error: "Connection closed with an error.", AllowReconnect: true}, binary.next())
}

// Servers of ASP.NET Core among themselves: the same on Redis, on one door and on two.
func TestDotNetServersHearEachOtherAsOnRedis(t *testing.T) {
	real, s := redis(t), sites(t, 2, nil)
	for name, at := range map[string][2]string{
		"redis": {real, real}, "one door": {s[0].addr(), s[0].addr()}, "two doors": {s[0].addr(), s[1].addr()},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := patiently(t)
			one, two := startNet(t, "WEB-1", nil, at[0]), startNet(t, "WEB-2", nil, at[1])
			a, b := connectNet(t, one, "A", "ann", protocol.JSON()), connectNet(t, two, "B", "ann", protocol.MessagePack())
			require.NoError(t, one.AddToGroup(ctx, "B", "red"))
			require.NoError(t, one.SendGroup(ctx, "red", "hear", "group"))
			assert.Equal(t, "group", hears(t, b)())
			require.NoError(t, one.RemoveFromGroup(ctx, "B", "red"))
			require.NoError(t, one.SendGroup(ctx, "red", "hear", "gone"))
			require.NoError(t, one.SendConnection(ctx, "B", "hear", "connection"))
			assert.Equal(t, "connection", hears(t, b)())
			require.NoError(t, two.SendUser(ctx, "ann", "hear", "user"))
			assert.Equal(t, "user", hears(t, a)())
			assert.Equal(t, "user", hears(t, b)())
			answers := make(chan int, 1)
			go func() {
				n := 0
				if assert.NoError(t, one.Invoke(ctx, &n, "B", "ask")) {
					answers <- n
				}
			}()
			question, err := b.Next(ctx)
			require.NoError(t, err)
			require.NoError(t, b.Reply(question.InvocationID, 7))
			assert.Equal(t, 7, <-answers)
			assert.EqualError(t, one.Invoke(ctx, new(int), "nobody", "ask"), "IOException: Connection 'nobody' does not exist.")
			assert.NoError(t, one.Faults())
			assert.NoError(t, two.Faults())
		})
	}
}

// A server that loses its door for a moment has missed nothing: what came meanwhile is
// delivered in order, once, when it is back.
func TestAServerOfDotNetThatLosesItsDoorMissesNothing(t *testing.T) {
	s := sites(t, 2, func(o *door.Options) { o.Replay = time.Minute })
	n, g := startNet(t, "WEB-7", nil, s[0].addr()), startGo(t, s[1])
	c := connectNet(t, n, "A", "ann", protocol.JSON())
	to := g.Hub("/chat").Clients(patiently(t))
	send := func(text string) { require.NoError(t, to.User("ann").Send("hear", text)) }
	for i := range 3 {
		send("before")
		require.Equal(t, "before", hears(t, c)()) // what is in the kernel when it breaks is lost, as with Redis
		mend := n.Break()
		require.Eventually(t, func() bool { return len(s[0].Census().Clients) == 0 }, patience, time.Millisecond)
		send("meanwhile, first")
		send("meanwhile, second")
		mend()
		require.NoError(t, n.Connected(patiently(t), i+2))
		send("after")
		for _, want := range []string{"meanwhile, first", "meanwhile, second", "after"} {
			require.Equal(t, want, hears(t, c)())
		}
	}
	n.Settle()
	assert.Zero(t, c.Waiting())
}

// A server with two endpoints is moved to the second when the node at the first is
// drained, and when it dies.
func TestAServerOfDotNetGoesToItsSecondDoor(t *testing.T) {
	for name, end := range map[string]func(t *testing.T, s site){
		"drained": func(t *testing.T, s site) { assert.NoError(t, s.Shutdown(patiently(t))) },
		"closed":  func(t *testing.T, s site) { assert.NoError(t, s.Close()) },
	} {
		t.Run(name, func(t *testing.T) {
			s := sites(t, 3, nil)
			n, g := startNet(t, "WEB-7", nil, s[0].addr(), s[1].addr()), startGo(t, s[2])
			c := connectNet(t, n, "A", "ann", protocol.JSON())
			require.Equal(t, s[0].addr(), n.Endpoint())
			end(t, s[0])
			require.NoError(t, n.Connected(patiently(t), 2))
			assert.Equal(t, s[1].addr(), n.Endpoint())
			require.NoError(t, g.Hub("/chat").Clients(patiently(t)).Client("A").Send("hear", "hello again"))
			assert.Equal(t, "hello again", hears(t, c)())
		})
	}
}
