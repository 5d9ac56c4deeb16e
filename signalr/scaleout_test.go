package signalr

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/signalmesh/signalmesh/signalr/protocol"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func id(c *client) string { return result[string](c, "ID") }

// silence checks that a client has received nothing: what it is sent goes
// through one outbox, in order.
func silence(t *testing.T, clients ...*client) {
	for _, c := range clients {
		assert.Equal(t, "quiet", result[string](c, "Echo", "quiet"))
	}
}

func TestAudiencesSpanServers(t *testing.T) {
	both(t, func(t *testing.T, p protocol.Protocol) {
		one, two, _ := startTwo(t)
		a := one.connect("/hub?user=ann", p)
		b := two.connect("/hub?user=ann", protocol.JSON())
		c := two.connect("/hub?user=bob", protocol.MessagePack())
		idA, idB, idC := id(a), id(b), id(c)
		require.Nil(t, result[any](b, "Join", idB, "red"))
		require.Nil(t, result[any](c, "Join", idC, "blue"))
		require.Nil(t, result[any](a, "Join", idA, "red"))
		h := one.Hub("/hub").Clients(t.Context())
		for _, test := range []struct {
			name   string
			target Target
			want   map[*client]int
		}{
			{"All", h.All(), map[*client]int{a: 1, b: 1, c: 1}},
			{"AllExcept", h.AllExcept(idA, idC), map[*client]int{b: 1}},
			{"Client here", h.Client(idA), map[*client]int{a: 1}},
			{"Client elsewhere", h.Client(idC), map[*client]int{c: 1}},
			{"Client nowhere", h.Client("nobody"), nil},
			{"Clients", h.Clients(idA, idB, "nobody", ""), map[*client]int{a: 1, b: 1}},
			{"Clients twice", h.Clients(idA, idC, idA, idC), map[*client]int{a: 2, c: 2}},
			{"Group", h.Group("red"), map[*client]int{a: 1, b: 1}},
			{"Group by another case", h.Group("Red"), nil},
			{"Groups", h.Groups("red", "blue", "", "red"), map[*client]int{a: 2, b: 2, c: 1}},
			{"GroupExcept", h.GroupExcept("red", idB), map[*client]int{a: 1}},
			{"User", h.User("ann"), map[*client]int{a: 1, b: 1}},
			{"Users", h.Users("ann", "bob", "", "bob"), map[*client]int{a: 1, b: 1, c: 2}},
		} {
			require.NoError(t, test.target.Send("hear", test.name))
			for c, n := range test.want {
				for range n {
					assert.Equal(t, test.name, c.received("hear"), test.name)
				}
			}
			silence(t, a, b, c)
		}
	})
}

func TestCallersSendsSpanServers(t *testing.T) {
	one, two, _ := startTwo(t)
	a, b := one.connect("/hub", protocol.JSON()), two.connect("/hub", protocol.MessagePack())
	for _, c := range []*client{a, b} {
		require.Empty(t, c.invoke("Join", id(c), "g").Error)
	}
	for _, test := range []struct {
		target string
		args   []any
		want   []*client
	}{
		{"ToAll", []any{"x"}, []*client{a, b}},
		{"ToOthers", []any{"x"}, []*client{b}},
		{"ToCaller", []any{"x"}, []*client{a}},
		{"ToGroup", []any{"g", "x"}, []*client{a, b}},
		{"ToOthersInGroup", []any{"g", "x"}, []*client{b}},
	} {
		a.send(protocol.Invocation{Target: test.target, Arguments: test.args})
		for _, c := range test.want {
			assert.Equal(t, "x", c.received("hear"), test.target)
		}
		silence(t, a, b)
	}
}

func TestBadNamesAreErrors(t *testing.T) {
	s := start(t, options(newTestHub()))
	c, g := s.Hub("/hub").Clients(t.Context()), s.Hub("/hub").Groups(t.Context())
	assert.ErrorContains(t, c.Client("").Send("x"), "name of the connection is empty")
	assert.ErrorContains(t, c.Group("").Send("x"), "name of the group is empty")
	assert.ErrorContains(t, c.GroupExcept("").Send("x"), "name of the group is empty")
	assert.ErrorContains(t, c.User("").Send("x"), "name of the user is empty")
	assert.ErrorContains(t, c.All().Send(""), "client's method is empty")
	assert.ErrorContains(t, g.Add("", "g"), "connection ID is empty")
	assert.ErrorContains(t, g.Remove("c", ""), "name of the group is empty")
}

func TestArgumentsThatCannotBeEncodedAreErrorsBeforeAnythingIsSent(t *testing.T) {
	one, two, _ := startTwo(t)
	a, b := one.connect("/hub", protocol.MessagePack()), two.connect("/hub", protocol.MessagePack())
	err := one.Hub("/hub").Clients(t.Context()).All().Send("hear", make(chan int))
	assert.ErrorContains(t, err, `encode "hear"`)
	silence(t, a, b)
}

func TestGroupsAreChangedAcrossServers(t *testing.T) {
	one, two, nodes := startTwo(t)
	a, b := one.connect("/hub", protocol.JSON()), two.connect("/hub", protocol.JSON())
	idA := id(a)
	for _, group := range []string{"g", "*", "a:b", "ü ber"} {
		for range 2 { // joining twice is joining once
			require.Empty(t, b.invoke("Join", idA, group).Error)
		}
		require.Empty(t, b.invoke("ToGroup", group, "in").Error)
		assert.Equal(t, "in", a.received("hear"))
		silence(t, a)
		for range 2 {
			require.Empty(t, b.invoke("Leave", idA, group).Error)
		}
		require.Empty(t, b.invoke("ToGroup", group, "out").Error)
		silence(t, a)
		assert.False(t, nodes[0].subscribed(protocol.GroupChannel("testHub", group)))
	}
}

func TestUnknownConnectionsAreToldAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one, _, _ := startTwo(t, func(o *Options) { o.DetailedErrors = true })
		a := one.connect("/hub", protocol.JSON())
		begin := time.Now()
		assert.Equal(t, "An unexpected error occurred invoking 'Join' on the server. IOException: Connection 'nobody' does not exist.",
			a.invoke("Join", "nobody", "g").Error)
		err := one.Hub("/hub").Groups(t.Context()).Remove("nobody", "g")
		assert.ErrorIs(t, err, ErrNoConnection)
		assert.EqualError(t, err, "Connection 'nobody' does not exist.")
		assert.Zero(t, time.Since(begin))

		alone := start(t, options(newTestHub()))
		assert.ErrorIs(t, alone.Hub("/hub").Groups(t.Context()).Add("nobody", "g"), ErrNoConnection)
	})
}

func TestGroupChangeFailsAtOnceWhenTheServerAskedDies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one, two, nodes := startTwo(t)
		idB := id(two.connect("/hub", protocol.JSON()))
		nodes[1].onSubscribe = func(ctx context.Context, _ string) error {
			<-ctx.Done() // the join never ends
			return ctx.Err()
		}
		begin := time.Now()
		done := make(chan error)
		go func() { done <- one.Hub("/hub").Groups(t.Context()).Add(idB, "g") }()
		time.Sleep(10*time.Second + time.Millisecond)
		synctest.Wait()
		nodes[0].bus.kill(nodes[1])
		assert.ErrorIs(t, <-done, ErrNoConnection)
		assert.Equal(t, 10*time.Second+time.Millisecond, time.Since(begin))
	})
}

func TestGroupChangeFailsSoonWhenTheConnectionEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one, two, nodes := startTwo(t)
		b := two.connect("/hub", protocol.JSON())
		idB := id(b)
		nodes[1].onPublish = func(string) error { return errors.New("acks get lost") }
		done := make(chan error)
		go func() { done <- one.Hub("/hub").Groups(t.Context()).Add(idB, "g") }()
		synctest.Wait()
		b.ws.Close()
		begin := time.Now()
		assert.ErrorIs(t, <-done, ErrNoConnection)
		assert.LessOrEqual(t, time.Since(begin), recheckInterval)
	})
}

func TestGroupChangeTimesOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one, two, nodes := startTwo(t)
		idB := id(two.connect("/hub", protocol.JSON()))
		nodes[1].onPublish = func(string) error { return errors.New("acks get lost") }
		begin := time.Now()
		assert.ErrorIs(t, one.Hub("/hub").Groups(t.Context()).Add(idB, "g"), context.DeadlineExceeded)
		assert.Equal(t, 30*time.Second, time.Since(begin))
	})
}

func TestGroupCommandsAreRefusedWhenTooManyWait(t *testing.T) {
	cs := newCommands()
	offered := 0
	for cs.offer("c", func() {}) {
		offered++
	}
	assert.Equal(t, commandQueue, offered)
}

func TestConnectIsAnnouncedBeforeOnConnected(t *testing.T) {
	_, two, nodes := startTwo(t)
	hub := two.options.Hubs[0].Hub.(*testHub)
	hub.refuse = func(call *Call) error {
		assert.True(t, nodes[1].subscribed(protocol.ConnectionChannel("testHub", call.ConnectionID())))
		assert.True(t, nodes[1].subscribed(protocol.UserChannel("testHub", "ann")))
		return nil
	}
	a, b := two.connect("/hub?user=ann", protocol.JSON()), two.connect("/hub?user=ann", protocol.JSON())
	idA := id(a)
	id(b)
	require.NoError(t, a.ws.Close())
	<-hub.disconnected
	two.connect("/hub", protocol.JSON()).ws.Close()
	<-hub.disconnected
	require.Eventually(t, func() bool { return !nodes[1].subscribed(protocol.ConnectionChannel("testHub", idA)) }, time.Minute, time.Millisecond)
	assert.True(t, nodes[1].subscribed(protocol.UserChannel("testHub", "ann")), "the user has a connection left")
}

func TestConnectionThatCannotBeAnnouncedIsRefused(t *testing.T) {
	_, two, nodes := startTwo(t)
	hub := two.options.Hubs[0].Hub.(*testHub)
	nodes[1].onSubscribe = func(context.Context, string) error { return errors.New("closed") }
	c := two.connect("/hub?user=ann", protocol.JSON())
	f := c.frame()
	require.Error(t, f.err, "no Close message")
	assert.ErrorContains(t, f.err, "1011")
	two.Close()
	assert.Empty(t, hub.connected)
	assert.Empty(t, hub.disconnected)
	assert.Empty(t, nodes[1].channels)
}

func TestLocalSendsDoNotTouchTheBackplane(t *testing.T) {
	one, _, nodes := startTwo(t)
	a := one.connect("/hub", protocol.JSON())
	nodes[0].onPublish = func(channel string) error { return errors.New("must not be used") }
	require.NoError(t, one.Hub("/hub").Clients(t.Context()).Client(id(a)).Send("hear", "x"))
	assert.Equal(t, "x", a.received("hear"))
}

func TestFailingBackplaneIsAnErrorAndDoesNotStopLocalDelivery(t *testing.T) {
	one, _, nodes := startTwo(t)
	a := one.connect("/hub", protocol.JSON())
	broken := errors.New("broken")
	nodes[0].onPublish = func(string) error { return broken }
	completion := a.start("ToAll", "x")
	assert.Equal(t, "x", a.received("hear"))
	assert.Equal(t, protocol.Completion{InvocationID: completion, Failed: true, Error: "An unexpected error occurred invoking 'ToAll' on the server."},
		stripHeaders(a.next()))
	assert.ErrorIs(t, one.Hub("/hub").Clients(t.Context()).Groups("a", "b").Send("x"), broken)
}

func TestSendsOutliveTheirCaller(t *testing.T) {
	one, two, _ := startTwo(t)
	b := two.connect("/hub", protocol.JSON())
	hub := one.options.Hubs[0].Hub.(*testHub)
	calls := make(chan *Call, 1)
	hub.refuse = func(call *Call) error { calls <- call; return nil }
	a := one.connect("/hub", protocol.JSON())
	call := <-calls
	a.ws.Close()
	<-hub.disconnected
	require.NoError(t, call.Clients().All().Send("hear", "farewell"))
	assert.Equal(t, "farewell", b.received("hear"))
}

func TestMalformedMessagesFromServersAreCountedAndDropped(t *testing.T) {
	one, two, nodes := startTwo(t)
	a := one.connect("/hub", protocol.JSON())
	for _, channel := range []string{
		protocol.AllChannel("testHub"), protocol.GroupsChannel("testHub"), protocol.AckChannel("testHub", nodes[0].name),
		protocol.ConnectionChannel("testHub", id(a)),
	} {
		_, err := nodes[1].Publish(t.Context(), channel, []byte{0xC1, 0xFF})
		require.NoError(t, err)
	}
	assert.EqualValues(t, 4, testutil.ToFloat64(one.metrics.malformed))
	require.NoError(t, two.Hub("/hub").Clients(t.Context()).All().Send("hear", "fine"))
	assert.Equal(t, "fine", a.received("hear"))
	receiver{one.Server}.Gap(nodes[1].name, 3)
	assert.EqualValues(t, 3, testutil.ToFloat64(one.metrics.gaps))
}

func TestMessageWithoutAProtocolEndsWhoNeedsIt(t *testing.T) {
	one, _, nodes := startTwo(t)
	a := one.connect("/hub", protocol.JSON())
	b := one.connect("/hub", protocol.MessagePack())
	frame, err := protocol.JSON().Append(nil, protocol.Invocation{Target: "hear", Arguments: []any{"x"}})
	require.NoError(t, err)
	envelope := protocol.Envelope{Encodings: []protocol.Encoding{{Protocol: "json", Frame: frame}}}
	_, err = nodes[1].Publish(t.Context(), protocol.AllChannel("testHub"), protocol.AppendEnvelope(nil, envelope))
	require.NoError(t, err)
	assert.Equal(t, "x", a.received("hear"))
	assert.True(t, b.next().(protocol.Close).AllowReconnect)
	silence(t, a)
}

func TestHubsDoNotHearEachOther(t *testing.T) {
	one, two, _ := startTwo(t, func(o *Options) {
		o.Hubs = append(o.Hubs, HubOptions{Path: "/other", Hub: newTestHub(), Name: "Other"})
	})
	a, b := one.connect("/hub?user=ann", protocol.JSON()), two.connect("/other?user=ann", protocol.JSON())
	idB := id(b)
	require.NoError(t, two.Hub("/other").Groups(t.Context()).Add(idB, "g"))
	c := one.Hub("/hub").Clients(t.Context())
	for _, target := range []Target{c.All(), c.Group("g"), c.User("ann"), c.Client(idB)} {
		require.NoError(t, target.Send("hear", "x"))
	}
	silence(t, b)
	assert.Equal(t, "x", a.received("hear"))
	assert.Equal(t, "x", a.received("hear"), "once for all, once for the user")
	silence(t, a)
	assert.ErrorIs(t, one.Hub("/hub").Groups(t.Context()).Add(idB, "g"), ErrNoConnection)
}

func TestOneReceiverPerBackplane(t *testing.T) {
	one, _, nodes := startTwo(t)
	o := options(newTestHub())
	o.Backplane = nodes[0]
	_, err := NewServer(o)
	assert.ErrorContains(t, err, "has a receiver")
	require.NoError(t, one.Close())
	assert.Empty(t, nodes[0].channels)
	s, err := NewServer(o)
	require.NoError(t, err)
	require.NoError(t, s.Close())
}
