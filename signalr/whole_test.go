package signalr

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/signalmesh/signalmesh/signalr/protocol"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAMessageThatIsTooLargeReachesNobody(t *testing.T) {
	one, two, _ := startTwo(t, func(o *Options) { o.MaxSendSize = 1000 })
	a, b := one.connect("/hub?user=ann", protocol.JSON()), two.connect("/hub?user=ann", protocol.MessagePack())
	require.Empty(t, a.invoke("Join", id(a), "g").Error)
	require.Empty(t, b.invoke("Join", id(b), "g").Error)
	h := one.Hub("/hub").Clients(t.Context())
	large := strings.Repeat("x", 1000)
	targets := map[string]Target{
		"All": h.All(), "Group": h.Group("g"), "Groups": h.Groups("g", "h"), "User": h.User("ann"),
		"Client here": h.Client(id(a)), "Client elsewhere": h.Client(id(b)), "Clients": h.Clients(id(a), id(b)),
	}
	for name, target := range targets {
		err := target.Send("hear", large)
		require.ErrorIs(t, err, ErrTooLarge, name)
		assert.NotErrorIs(t, err, ErrLocalOnly, name)
		assert.ErrorContains(t, err, "Options.MaxSendSize is 1000", name)
	}
	assert.EqualValues(t, len(targets), testutil.ToFloat64(one.metrics.limited.WithLabelValues("message_size")))
	_, err := Invoke[int](t.Context(), h.Client(id(b)), "hear", large)
	assert.ErrorIs(t, err, ErrTooLarge)
	many := make([]string, 30_000)
	for i := range many {
		many[i] = strings.Repeat("i", 20)
	}
	err = h.AllExcept(many...).Send("hear", "x")
	assert.ErrorIs(t, err, ErrTooLarge)
	assert.ErrorContains(t, err, "excludes 30000 connections")
	silence(t, a, b)

	// Each encoding counts by itself: together they have 1,800 bytes.
	require.NoError(t, h.All().Send("hear", large[:900]))
	assert.Equal(t, large[:900], a.received("hear"))
	assert.Equal(t, large[:900], b.received("hear"))
}

func TestTheLimitOfAServerAloneIsThatOfMany(t *testing.T) {
	o := options(newTestHub())
	o.MaxSendSize = 100
	s := start(t, o)
	c := s.connect("/hub", protocol.JSON())
	silence(t, c) // messages are encoded for it
	assert.ErrorIs(t, s.Hub("/hub").Clients(t.Context()).All().Send("hear", strings.Repeat("x", 100)), ErrTooLarge)
	silence(t, c)
}

func TestASendWithAnEndedContextReachesNobody(t *testing.T) {
	one, two, _ := startTwo(t)
	a, b := one.connect("/hub?user=ann", protocol.JSON()), two.connect("/hub?user=ann", protocol.JSON())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	h := one.Hub("/hub")
	for name, target := range map[string]Target{
		"All": h.Clients(ctx).All(), "User": h.Clients(ctx).User("ann"), "Client": h.Clients(ctx).Client(id(a)), "Clients": h.Clients(ctx).Clients(id(a), id(b)),
	} {
		assert.ErrorIs(t, target.Send("hear", "x"), context.Canceled, name)
	}
	assert.ErrorIs(t, h.Groups(ctx).Add(id(a), "g"), context.Canceled)
	assert.ErrorIs(t, h.Groups(ctx).Remove(id(a), "g"), context.Canceled)
	assert.ErrorIs(t, h.Disconnect(ctx, id(a)), context.Canceled)
	_, err := h.DisconnectUser(ctx, "ann")
	assert.ErrorIs(t, err, context.Canceled)
	silence(t, a, b)
}

func TestASendThatTheBackplaneRefusesSaysWhoGotIt(t *testing.T) {
	one, _, nodes := startTwo(t)
	a := one.connect("/hub", protocol.JSON())
	silence(t, a) // it can be sent to
	nodes[0].onPublish = func(string) error { return errors.New("away") }
	assert.ErrorIs(t, one.Hub("/hub").Clients(t.Context()).All().Send("hear", "x"), ErrLocalOnly)
	assert.Equal(t, "x", a.received("hear"))
}

func TestAHubThatIsNotThereSaysSo(t *testing.T) {
	s := start(t, options(newTestHub()))
	h := s.Hub("/typo")
	require.ErrorIs(t, h.Err(), ErrNoHub)
	assert.EqualError(t, h.Err(), `signalr: no such hub at "/typo"; there are hubs at /hub`)
	assert.NoError(t, s.Hub("/Hub").Err())
	_, disconnect := h.DisconnectUser(t.Context(), "ann")
	_, ask := Invoke[int](t.Context(), h.Clients(t.Context()).Client("x"), "f")
	for what, err := range map[string]error{
		"Send": h.Clients(t.Context()).All().Send("x"), "Send to one": h.Clients(t.Context()).Client("x").Send("x"),
		"Add": h.Groups(t.Context()).Add("c", "g"), "Remove": h.Groups(t.Context()).Remove("c", "g"),
		"Disconnect": h.Disconnect(t.Context(), "c"), "DisconnectUser": disconnect, "Invoke": ask,
	} {
		assert.ErrorIs(t, err, ErrNoHub, what)
		assert.ErrorContains(t, err, "/typo", what)
	}
	assert.ErrorContains(t, new(Server).Hub("/x").Err(), "the server has no hubs")
}

// afterCall changes groups after its methods have returned.
type afterCall struct {
	*testHub
	done chan error
}

func (l afterCall) Later(call *Call) {
	go func() {
		<-call.Context().Done()
		l.done <- call.Groups().Add(call.ConnectionID(), "g")
	}()
}

func TestGroupsMayBeChangedAfterTheCall(t *testing.T) {
	for _, backplane := range []bool{false, true} {
		hub := afterCall{newTestHub(), make(chan error, 1)}
		o := options(hub)
		if backplane {
			o.Backplane = new(bus).join()
		}
		s := start(t, o)
		c := s.connect("/hub", protocol.JSON())
		c.invoke("Later")
		require.NoError(t, <-hub.done, "with a backplane: %v", backplane)
		require.NoError(t, s.Hub("/hub").Clients(t.Context()).Group("g").Send("hear", "x"))
		assert.Equal(t, "x", c.received("hear"))
	}
}

func TestOneHubMayBeAtSeveralPaths(t *testing.T) {
	b := new(bus)
	hub := newTestHub()
	open := func() *site {
		return start(t, Options{Backplane: b.join(), Hubs: []HubOptions{
			{Path: "/hub", Hub: hub},
			{Path: "/polling", Hub: hub, Transports: LongPolling, Limits: Limits{MaxGroups: 1}},
		}})
	}
	one, two := open(), open()
	a, c := one.connect("/hub", protocol.JSON()), two.connect("/hub", protocol.JSON())
	silence(t, a, c) // they can be sent to
	response, err := one.client.Get("http://test/polling")
	require.NoError(t, err)
	response.Body.Close()
	assert.Equal(t, http.StatusBadRequest, response.StatusCode, "it takes polls")
	for _, path := range []string{"/hub", "/polling"} {
		require.NoError(t, one.Hub(path).Clients(t.Context()).All().Send("hear", path))
		assert.Equal(t, path, a.received("hear"))
		assert.Equal(t, path, c.received("hear"))
	}
	require.NoError(t, one.Hub("/polling").Groups(t.Context()).Add(id(c), "g"))
	require.NoError(t, one.Hub("/polling").Clients(t.Context()).Group("g").Send("hear", "g"))
	assert.Equal(t, "g", c.received("hear"))
	silence(t, a)

	_, err = NewServer(Options{Hubs: []HubOptions{{Path: "/a", Hub: newTestHub()}, {Path: "/b", Hub: newTestHub()}}})
	assert.ErrorContains(t, err, `hub name "testHub" is used twice; give each hub its own Name, or the same pointer as Hub`)
}

func TestAHubMayBeAtTheRoot(t *testing.T) {
	s := start(t, Options{Hubs: []HubOptions{{Path: "/", Hub: newTestHub()}}})
	status, body, _ := s.request("POST", "/negotiate?negotiateVersion=1")
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, body, "connectionToken")
	assert.Equal(t, "x", result[string](s.connect("/", protocol.JSON()), "Echo", "x"))
	status, _, _ = s.request("POST", "/other")
	assert.Equal(t, http.StatusNotFound, status)

	_, err := NewServer(Options{Hubs: []HubOptions{{Path: "/", Hub: newTestHub()}, {Path: "/Negotiate", Hub: &planted{}}}})
	assert.ErrorContains(t, err, `hub path "/Negotiate" is where clients of the hub at "/" negotiate; choose another path`)
}

func TestPathsOfAnyCaseAreServedBeforeAMux(t *testing.T) {
	s, err := NewServer(options(newTestHub()))
	require.NoError(t, err)
	defer s.Close()
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "page") })
	for path, want := range map[string]string{"/hub/negotiate": "connectionId", "/HUB/Negotiate": "connectionId", "/Hub/": "Connection ID required", "/hubs": "page", "/hub/x": "page"} {
		w := httptest.NewRecorder()
		s.Before(mux).ServeHTTP(w, httptest.NewRequest("POST", path, nil))
		assert.Contains(t, w.Body.String(), want, path)
	}
}

// where returns the transport and address of its caller.
type where struct{}

func (where) Where(call *Call) string { return call.Transport().String() + " " + call.RemoteAddr() }

func TestACallKnowsItsTransportAndAddress(t *testing.T) {
	s, err := NewServer(Options{Hubs: []HubOptions{{Path: "/hub", Hub: where{}}}})
	require.NoError(t, err)
	for want, tr := range map[string]transport{
		"WebSockets": new(webSocket), "ServerSentEvents": newEventStream(httptest.NewRecorder(), newInbox(), 0),
		"LongPolling": newLongPoll(newInbox(), time.Second),
	} {
		assert.Equal(t, want, tr.traits().transport.String())
	}
	assert.Equal(t, WebSockets, newLink(0, 1).traits().transport)
	s.Close()
	c := start(t, Options{Hubs: []HubOptions{{Path: "/hub", Hub: where{}}}}).connect("/hub", protocol.JSON())
	assert.Equal(t, "WebSockets pipe", result[string](c, "Where"))
}

func TestGroupsOfAConnectionAreLimited(t *testing.T) {
	for _, backplane := range []bool{false, true} {
		o := options(newTestHub())
		o.Limits = Limits{MaxGroups: 3, MaxGroupName: 5, DetailedErrors: true}
		log := new(journal)
		o.Logger = log.logger()
		if backplane {
			o.Backplane = new(bus).join()
		}
		s := start(t, o)
		c := s.connect("/hub", protocol.JSON())
		g := s.Hub("/hub").Groups(t.Context())
		for i := range 3 {
			require.NoError(t, g.Add(id(c), fmt.Sprint(i)))
		}
		err := g.Add(id(c), "4")
		require.ErrorIs(t, err, ErrLimit)
		assert.ErrorContains(t, err, "the connection is in 3 groups, and Limits.MaxGroups is 3")
		assert.NoError(t, g.Add(id(c), "1"), "it is in there already")
		require.NoError(t, g.Remove(id(c), "1"))
		assert.ErrorContains(t, g.Add(id(c), "123456"), "has 6 bytes, and Limits.MaxGroupName is 5")
		require.NoError(t, g.Add(id(c), "12345"))
		assert.EqualValues(t, 1, testutil.ToFloat64(s.metrics.limited.WithLabelValues("groups")))
		assert.EqualValues(t, 1, testutil.ToFloat64(s.metrics.limited.WithLabelValues("group_names")))
		for range 3 {
			assert.Contains(t, c.invoke("Join", id(c), "5").Error, "MaxGroups is 3")
		}
		assert.Empty(t, log.lines("level=ERROR"), "clients cannot fill the log")
		assert.Len(t, log.lines("level=WARN msg=\"a client reached a limit\" hub=/hub limit=groups"), 1)
	}
}

func TestGroupsOfAConnectionElsewhereAreLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := new(journal)
		one, two, _ := startTwo(t, func(o *Options) {
			o.Limits, o.GroupTimeout, o.Logger = Limits{MaxGroups: 1, MaxGroupName: 5}, 2*time.Second, log.logger()
		})
		c := two.connect("/hub", protocol.JSON())
		g := one.Hub("/hub").Groups(t.Context())
		require.NoError(t, g.Add(id(c), "a"))
		assert.ErrorIs(t, g.Add(id(c), "123456"), ErrLimit, "a name is known to be too long at once")
		begin := time.Now()
		assert.ErrorIs(t, g.Add(id(c), "b"), context.DeadlineExceeded)
		assert.Equal(t, 2*time.Second, time.Since(begin))
		assert.EqualValues(t, 1, testutil.ToFloat64(two.metrics.limited.WithLabelValues("groups")))
		assert.Contains(t, log.lines("group command failed")[0], "level=DEBUG")
	})
}

func TestGroupsLeaveRoomForConnections(t *testing.T) {
	node := new(bus).join()
	o := options(newTestHub())
	o.Backplane = node
	o.MaxGroupBytes = 3 * (len("testHub:group:a") + channelCost)
	s := start(t, o)
	c := s.connect("/hub", protocol.JSON())
	g := s.Hub("/hub").Groups(t.Context())
	for _, name := range []string{"a", "b", "c"} {
		require.NoError(t, g.Add(id(c), name))
	}
	assert.Empty(t, s.Saturated())
	err := g.Add(id(c), "d")
	require.ErrorIs(t, err, ErrLimit)
	assert.ErrorContains(t, err, "Options.MaxGroupBytes")
	require.Len(t, s.Saturated(), 1)
	assert.Contains(t, s.Saturated()[0], "no room for more groups")
	other := s.connect("/hub", protocol.JSON())
	assert.NoError(t, g.Add(id(other), "a"), "a group that is there costs nothing")
	require.NoError(t, g.Remove(id(c), "b"))
	assert.Empty(t, s.Saturated())
	assert.NoError(t, g.Add(id(c), "d"))

	node.onSubscribe = func(context.Context, string) error { return errors.New("too many subscriptions") }
	s.dial("/hub", protocol.JSON()).sendText(`{"protocol":"json","version":1}` + "\x1e")
	assert.Eventually(t, func() bool { return len(s.Saturated()) == 1 }, 10*time.Second, time.Millisecond)
	assert.Contains(t, s.Saturated()[0], "new connections are refused: too many subscriptions")
	node.onSubscribe = nil
	s.connect("/hub", protocol.JSON())
	assert.Eventually(t, func() bool { return len(s.Saturated()) == 0 }, 10*time.Second, time.Millisecond)
}

// asking invokes a method of its caller.
type asking struct{}

func (asking) Echo(s string) string { return s }
func (asking) ID(call *Call) string { return call.ConnectionID() }
func (asking) Ask(call *Call) (int, error) {
	return Invoke[int](call.Context(), call.Clients().Caller(), "Question")
}
func (asking) AskOther(call *Call, id string) (int, error) {
	return Invoke[int](call.Context(), call.Clients().Client(id), "Question")
}

func TestUnansweredQuestionsAreLimited(t *testing.T) {
	b := new(bus)
	open := func() *site {
		return start(t, Options{Backplane: b.join(), Hubs: []HubOptions{{Path: "/hub", Hub: asking{}}}, Limits: Limits{MaxClientResults: 3, DetailedErrors: true}})
	}
	one, two := open(), open()
	c := one.connect("/hub", protocol.JSON())
	questions := askCaller(c, "Ask", 3)
	assert.Contains(t, c.invoke("Ask").Error, "Limits.MaxClientResults")
	assert.Equal(t, "alive", result[string](c, "Echo", "alive"))
	c.send(protocol.Completion{InvocationID: questions[0].InvocationID, HasResult: true, Result: 7})
	assert.True(t, c.next().(protocol.Completion).HasResult)
	askCaller(c, "Ask", 1)

	// From other servers, by several connections: the server of the victim refuses.
	victim := two.connect("/hub", protocol.JSON())
	for range 3 {
		asker := one.connect("/hub", protocol.JSON())
		asker.start("AskOther", id(victim))
		victim.next()
	}
	asker := two.connect("/hub", protocol.JSON())
	assert.Contains(t, asker.invoke("AskOther", id(victim)).Error, "Limits.MaxClientResults")
	third := open().connect("/hub", protocol.JSON())
	assert.Contains(t, third.invoke("AskOther", id(victim)).Error, "Limits.MaxClientResults", "its server is told")
	assert.Equal(t, "alive", result[string](victim, "Echo", "alive"))
	assert.Equal(t, "alive", result[string](c, "Echo", "alive"))
}

// askCaller calls a method that asks its caller so many times, and returns the questions.
func askCaller(c *client, target string, n int) (questions []protocol.Invocation) {
	for range n {
		c.start(target)
		questions = append(questions, c.next().(protocol.Invocation))
	}
	return questions
}

func TestAPublisherOnlySends(t *testing.T) {
	b := new(bus)
	o := options(newTestHub())
	o.Backplane, o.Hubs[0].Name = b.join(), "Chat"
	one := start(t, o)
	c := one.connect("/hub?user=ann", protocol.MessagePack())
	node := b.join()
	p, err := NewPublisher(PublisherOptions{Backplane: node})
	require.NoError(t, err)
	to := p.Clients(t.Context(), "Chat")
	for name, target := range map[string]Target{"All": to.All(), "User": to.User("ann"), "Client": to.Client(id(c)), "Clients": to.Clients(id(c))} {
		require.NoError(t, target.Send("hear", name))
		assert.Equal(t, name, c.received("hear"))
	}
	assert.NoError(t, to.Group("nobody").Send("hear", "x"), "there are servers, and no members")
	assert.Empty(t, node.channels)
	assert.Nil(t, node.receiver)

	err = p.Clients(t.Context(), "Caht").All().Send("hear", "x")
	require.ErrorIs(t, err, ErrNoHub)
	assert.ErrorContains(t, err, `no server in reach has hub "Caht"`)
	assert.ErrorIs(t, p.Clients(t.Context(), "").All().Send("x"), ErrNoHub)
	servers, err := p.Servers(t.Context(), "Chat")
	require.NoError(t, err)
	assert.Equal(t, 1, servers)
	_, err = Invoke[int](t.Context(), to.Client(id(c)), "f")
	assert.ErrorIs(t, err, ErrSendOnly)
	node.onPublish = func(string) error { return errors.New("away") }
	err = to.All().Send("hear", "x")
	assert.ErrorContains(t, err, "away")
	assert.NotErrorIs(t, err, ErrLocalOnly)
	require.NoError(t, p.Close())
	assert.ErrorIs(t, to.All().Send("x"), ErrServerClosed)
	silence(t, c)
	_, err = NewPublisher(PublisherOptions{})
	assert.ErrorContains(t, err, "needs a Backplane")
}
