package door_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/signalr"
	"github.com/signalmesh/signalmesh/signalr/protocol"
)

func deadline() time.Time { return time.Now().Add(patience) }

func chatUser(r *http.Request) string { return r.URL.Query().Get("user") }

// mixed starts a .NET server and a Go server: on one node, or on two.
func mixed(t *testing.T, test func(t *testing.T, net *aspnet, g goServer)) {
	for _, nodes := range []int{1, 2} {
		t.Run(fmt.Sprintf("%dNodes", nodes), func(t *testing.T) {
			s := sites(t, nodes, nil)
			test(t, startAspnet(t, s[0].addr()), startGo(t, s[nodes-1]))
		})
	}
}

// Every audience, from .NET to clients of the Go server.
func TestDotNetReachesClientsOfGo(t *testing.T) {
	mixed(t, func(t *testing.T, net *aspnet, g goServer) {
		a, b := g.connect(t, "ann"), g.connect(t, "bob")
		net.changeGroup(protocol.GroupAdd, a.id, "red")
		for _, c := range []struct {
			channel  string
			excluded []string
			a, b     bool
		}{
			{protocol.AllChannel(hubName), nil, true, true},
			{protocol.AllChannel(hubName), []string{a.id}, false, true},
			{protocol.ConnectionChannel(hubName, a.id), nil, true, false},
			{protocol.GroupChannel(hubName, "red"), nil, true, false},
			{protocol.GroupChannel(hubName, "red"), []string{a.id}, false, false},
			{protocol.GroupChannel(hubName, "none"), nil, false, false},
			{protocol.UserChannel(hubName, "ann"), nil, true, false},
			{protocol.UserChannel(hubName, "bob"), nil, false, true},
		} {
			text := c.channel + strings.Join(c.excluded, ",")
			net.send(c.channel, text, c.excluded...)
			if c.a {
				assert.Equal(t, text, a.hears())
			}
			if c.b {
				assert.Equal(t, text, b.hears())
			}
		}
		net.changeGroup(protocol.GroupRemove, a.id, "red")
		net.send(protocol.GroupChannel(hubName, "red"), "to nobody")
		net.send(protocol.AllChannel(hubName), "last")
		assert.Equal(t, "last", a.hears(), "and nothing before it")
		assert.Equal(t, "last", b.hears(), "and nothing before it")
	})
}

// Every audience, from Go to clients of .NET.
func TestGoReachesClientsOfDotNet(t *testing.T) {
	mixed(t, func(t *testing.T, net *aspnet, g goServer) {
		a, b := net.connect("A", "ann"), net.connect("B", "bob")
		h := g.Hub("/chat")
		require.NoError(t, h.Groups(t.Context()).Add("A", "red"))
		assert.ErrorIs(t, h.Groups(t.Context()).Add("nobody", "red"), signalr.ErrNoConnection)
		to := h.Clients(t.Context())
		var wantA, wantB []string
		for _, c := range []struct {
			name   string
			target signalr.Target
			a, b   int
		}{
			{"All", to.All(), 1, 1},
			{"AllExcept", to.AllExcept("A"), 0, 1},
			{"Client", to.Client("A"), 1, 0},
			{"Clients", to.Clients("A", "B", "nobody", "A"), 2, 1},
			{"Group", to.Group("red"), 1, 0},
			{"Groups", to.Groups("red", "blue", "red"), 2, 0},
			{"GroupExcept", to.GroupExcept("red", "A"), 0, 0},
			{"User", to.User("ann"), 1, 0},
			{"Users", to.Users("ann", "bob"), 1, 1},
		} {
			require.NoError(t, c.target.Send("hear", c.name), c.name)
			for range c.a {
				wantA = append(wantA, c.name)
			}
			for range c.b {
				wantB = append(wantB, c.name)
			}
		}
		require.NoError(t, h.Groups(t.Context()).Remove("A", "red"))
		require.NoError(t, to.Group("red").Send("hear", "gone"))
		require.NoError(t, to.All().Send("hear", "last"))
		assert.ElementsMatch(t, append(wantA, "last"), net.heard(a, len(wantA)+1))
		assert.ElementsMatch(t, append(wantB, "last"), net.heard(b, len(wantB)+1))
	})
}

func TestResultsOfClientsCrossBothWays(t *testing.T) {
	mixed(t, func(t *testing.T, net *aspnet, g goServer) {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		net.connect("A", "ann")
		to := g.Hub("/chat").Clients(ctx)
		n, err := signalr.Invoke[int](ctx, to.Client("A"), "ask", "how many?")
		require.NoError(t, err)
		assert.Equal(t, 42, n)
		_, err = signalr.Invoke[int](ctx, to.Client("nobody"), "ask")
		assert.EqualError(t, err, "Connection 'nobody' does not exist.")

		b := g.connect(t, "bob")
		ask := func(connection, id string) int64 {
			return net.publish(protocol.ConnectionChannel(hubName, connection), protocol.AppendEnvelope(nil, protocol.Envelope{
				Encodings: encodings(id, "?"), InvocationID: id, ReturnChannel: protocol.ReturnChannel(hubName, net.name),
			}))
		}
		assert.EqualValues(t, 1, ask(b.id, "one"))
		assert.Zero(t, ask("nobody", "none"), "by which .NET knows that there is no such connection")
		assert.Contains(t, b.next(), `"invocationId":"one"`)
		b.send(`{"type":3,"invocationId":"one","result":7}`)
		net.await(func() bool { return len(net.returned) == 1 })
		assert.EqualValues(t, 1, ask(b.id, "two"))
		assert.Contains(t, b.next(), `"invocationId":"two"`)
		require.NoError(t, b.ws.Close())
		net.await(func() bool { return len(net.returned) == 2 })
		net.mu.Lock()
		defer net.mu.Unlock()
		assert.Equal(t, "json", net.returned[0].Protocol)
		assert.JSONEq(t, `{"type":3,"invocationId":"one","result":7}`, strings.TrimSuffix(string(net.returned[0].Frame), "\x1e"))
		assert.Contains(t, string(net.returned[1].Frame), "Connection disconnected.")
	})
}
