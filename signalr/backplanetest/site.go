package backplanetest

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/signalr"
	"github.com/signalmesh/signalmesh/signalr/protocol"
)

const (
	specPath = "/spec"
	specName = "Tests.SpecHub"
)

// specHub is the hub of the specification tests.
type specHub struct{}

func (specHub) WhoAmI(call *signalr.Call) string { return call.ConnectionID() }

// A counting backplane counts what is published.
type counting struct {
	signalr.Backplane
	published atomic.Int64
}

func (c *counting) Publish(ctx context.Context, channel string, data []byte) (int, error) {
	c.published.Add(1)
	return c.Backplane.Publish(ctx, channel, data)
}

// A site is one server of a specification test, and the clients connected to it.
type site struct {
	server    *signalr.Server
	web       *httptest.Server
	backplane *counting
}

// sites are the servers of one test, of one application.
type sites struct {
	*testing.T
	all     []*site
	clients []*client // that are connected
	opened  int
	fences  int
}

func startSites(t *testing.T, open func(t *testing.T, n int) []signalr.Backplane, n int) *sites {
	s := &sites{T: t}
	for _, b := range open(t, n) {
		t.Cleanup(func() {
			if c, ok := b.(io.Closer); ok {
				assert.NoError(t, c.Close())
			}
		})
		at := &site{backplane: &counting{Backplane: b}}
		var err error
		at.server, err = signalr.NewServer(signalr.Options{
			Hubs:      []signalr.HubOptions{{Path: specPath, Name: specName, Hub: specHub{}}},
			Backplane: at.backplane,
			Limits:    signalr.Limits{DetailedErrors: true},
			UserID:    func(r *http.Request) string { return r.URL.Query().Get("user") },
		})
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, at.server.Close()) })
		at.web = httptest.NewServer(at.server)
		t.Cleanup(at.web.Close)
		s.all = append(s.all, at)
	}
	return s
}

// connect opens a connection to server i. Every second one speaks MessagePack.
func (s *sites) connect(i int) *client { return s.connectUser(i, "") }

func (s *sites) connectUser(i int, user string) *client {
	p := []protocol.Protocol{protocol.JSON(), protocol.MessagePack()}[s.opened%2]
	s.opened++
	address := "ws" + strings.TrimPrefix(s.all[i].web.URL, "http") + specPath + "?user=" + url.QueryEscape(user)
	c := connect(s.T, address, p)
	s.clients = append(s.clients, c)
	return c
}

// gone forgets a client that cannot receive any more.
func (s *sites) gone(c *client) {
	for i, other := range s.clients {
		if other == c {
			s.clients = append(s.clients[:i], s.clients[i+1:]...)
		}
	}
}

// from returns the sends of server i from outside its hub.
func (s *sites) from(i int) signalr.Clients {
	return s.all[i].server.Hub(specPath).Clients(s.Context())
}

// send sends Hello("World") and requires that it is taken.
func (s *sites) send(target signalr.Target) {
	s.Helper()
	require.NoError(s, target.Send("Hello", "World"))
}

func (s *sites) groups(i int) signalr.Groups {
	return s.all[i].server.Hub(specPath).Groups(s.Context())
}

// join makes c a member of group, by server i.
func (s *sites) join(i int, c *client, group string) {
	s.Helper()
	require.NoError(s, s.groups(i).Add(c.id, group))
}

// get requires that each of the clients gets Hello("World") once, and nobody
// else anything. What every server sends last marks where to stop looking.
func (s *sites) get(clients ...*client) {
	s.Helper()
	for _, c := range clients {
		c.expect(s, "Hello", "World")
	}
	for i := range s.all {
		s.fences++
		fence := fmt.Sprint(s.fences)
		require.NoError(s, s.from(i).All().Send("Fence", fence))
		for _, c := range s.clients {
			c.expect(s, "Fence", fence)
		}
	}
}

// nobodyGets requires that no client got anything.
func (s *sites) nobodyGets() {
	s.Helper()
	s.get()
}

// awaitSubscribers waits until server i counts so many others on channel.
func (s *sites) awaitSubscribers(i int, channel string, want int) {
	s.Helper()
	f := &fixture{planes: make([]signalr.Backplane, len(s.all))}
	for j, at := range s.all {
		f.planes[j] = at.backplane
	}
	f.awaitSubscribers(s, i, channel, want)
}
