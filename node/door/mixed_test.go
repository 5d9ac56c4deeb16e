package door_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/node/door"
	"github.com/signalmesh/signalmesh/node/door/aspnettest"
	"github.com/signalmesh/signalmesh/signalr"
	"github.com/signalmesh/signalmesh/signalr/protocol"
)

// hubName is the full name of the hub in all servers, and prefix that of the
// application's channels.
const (
	hubName = "MyApp.Hubs.ChatHub"
	prefix  = "shop"
)

// patiently is a context that outlasts what has to come.
func patiently(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

func startNet(t *testing.T, machine string, protocols []protocol.Protocol, endpoints ...string) *aspnettest.Server {
	s, err := aspnettest.Start(patiently(t), aspnettest.Options{
		Endpoints: endpoints, Hub: hubName, Prefix: prefix, Machine: machine, Protocols: protocols,
	})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	return s
}

func connectNet(t *testing.T, s *aspnettest.Server, id, user string, p protocol.Protocol) *aspnettest.Client {
	c, err := s.Connect(patiently(t), id, user, p)
	require.NoError(t, err)
	return c
}

// A mesh is a server of ASP.NET Core and a Go server: on one node, or on two.
type mesh struct {
	sites []site
	net   *aspnettest.Server
	g     goServer
}

func mixed(t *testing.T, change func(*door.Options), test func(t *testing.T, m mesh)) {
	for _, nodes := range []int{1, 2} {
		t.Run(fmt.Sprintf("%dNodes", nodes), func(t *testing.T) {
			s := sites(t, nodes, change)
			test(t, mesh{s, startNet(t, "WEB-7", nil, s[0].addr()), startGo(t, s[nodes-1])})
		})
	}
}

// A member is a client, of whatever server, that is sent texts.
type member struct {
	name, id string
	next     func() string
	waiting  func() int // more that have come; nil: they come in order
}

// cast are the clients of the tests of audiences: two of each server, in both hub
// protocols. ann is on both.
//
//	gj Go, JSON, ann, red          nj .NET, JSON, ann, blue
//	gp Go, MessagePack, bob, red and blue   np .NET, MessagePack, eve, red
func (m mesh) cast(t *testing.T) (all []member) {
	ctx := patiently(t)
	add := func(name, id string, next func() string, waiting func() int, groups ...string) {
		all = append(all, member{name, id, next, waiting})
		for _, g := range groups { // those of Go by .NET, and the other way round
			if name[0] == 'g' {
				require.NoError(t, m.net.AddToGroup(ctx, id, g))
			} else {
				require.NoError(t, m.g.Hub("/chat").Groups(ctx).Add(id, g))
			}
		}
	}
	gj, gp := m.g.connect(t, "ann", protocol.JSON()), m.g.connect(t, "bob", protocol.MessagePack())
	nj, np := connectNet(t, m.net, "NJ", "ann", protocol.JSON()), connectNet(t, m.net, "NP", "eve", protocol.MessagePack())
	add("gj", gj.id, gj.hears, nil, "red")
	add("gp", gp.id, gp.hears, nil, "red", "blue")
	add("nj", nj.ID, hears(t, nj), nj.Waiting, "blue")
	add("np", np.ID, hears(t, np), np.Waiting, "red")
	return all
}

// hears is the only argument of the next invocation.
func hears(t *testing.T, c *aspnettest.Client) func() string {
	return func() (text string) {
		i, err := c.Next(patiently(t))
		require.NoError(t, err)
		require.NoError(t, c.Bind(i.Arguments[0], &text))
		return text
	}
}

// A sender is a server, with every operation that sends.
type sender struct {
	all                 func(text string, excluded ...string) error
	connection          func(id, text string) error
	connections, groups func(names []string, text string) error
	group               func(name, text string, excluded ...string) error
	user                func(name, text string) error
	users               func(names []string, text string) error
}

func (m mesh) senders(ctx context.Context) map[string]sender {
	to := m.g.Hub("/chat").Clients(ctx)
	send := func(t signalr.Target, text string) error { return t.Send("hear", text) }
	n := m.net
	return map[string]sender{
		"Go": {
			all:         func(text string, excluded ...string) error { return send(to.AllExcept(excluded...), text) },
			connection:  func(id, text string) error { return to.Client(id).Send("hear", text) },
			connections: func(ids []string, text string) error { return send(to.Clients(ids...), text) },
			group: func(name, text string, excluded ...string) error {
				return send(to.GroupExcept(name, excluded...), text)
			},
			groups: func(names []string, text string) error { return send(to.Groups(names...), text) },
			user:   func(name, text string) error { return send(to.User(name), text) },
			users:  func(names []string, text string) error { return send(to.Users(names...), text) },
		},
		".NET": {
			all:         func(text string, excluded ...string) error { return n.SendAll(ctx, "hear", text, excluded...) },
			connection:  func(id, text string) error { return n.SendConnection(ctx, id, "hear", text) },
			connections: func(ids []string, text string) error { return n.SendConnections(ctx, ids, "hear", text) },
			group: func(name, text string, excluded ...string) error {
				return n.SendGroup(ctx, name, "hear", text, excluded...)
			},
			groups: func(names []string, text string) error { return n.SendGroups(ctx, names, "hear", text) },
			user:   func(name, text string) error { return n.SendUser(ctx, name, "hear", text) },
			users:  func(names []string, text string) error { return n.SendUsers(ctx, names, "hear", text) },
		},
	}
}

// Every row of the table of operations: from Go and from .NET to clients of both.
func TestEveryAudienceSpansGoAndDotNet(t *testing.T) {
	mixed(t, nil, func(t *testing.T, m mesh) {
		cast := m.cast(t)
		id := map[string]string{}
		for _, c := range cast {
			id[c.name] = c.id
		}
		type copies = map[string]int
		everybody := copies{"gj": 1, "gp": 1, "nj": 1, "np": 1}
		for _, row := range []struct {
			name string
			send func(sender, string) error
			want copies
		}{
			{"all", func(s sender, text string) error { return s.all(text) }, everybody},
			{"all but some", func(s sender, text string) error { return s.all(text, id["gj"], id["np"], "nobody") }, copies{"gp": 1, "nj": 1}},
			{"a connection of Go", func(s sender, text string) error { return s.connection(id["gp"], text) }, copies{"gp": 1}},
			{"a connection of .NET", func(s sender, text string) error { return s.connection(id["nj"], text) }, copies{"nj": 1}},
			{"an unknown connection", func(s sender, text string) error { return s.connection("nobody", text) }, copies{}},
			{"connections", func(s sender, text string) error {
				return s.connections([]string{id["gj"], "nobody", id["np"], "", id["gj"]}, text)
			}, copies{"gj": 2, "np": 1}},
			{"no connections", func(s sender, text string) error { return s.connections(nil, text) }, copies{}},
			{"a group", func(s sender, text string) error { return s.group("red", text) }, copies{"gj": 1, "gp": 1, "np": 1}},
			{"a group in another case", func(s sender, text string) error { return s.group("Red", text) }, copies{}},
			{"an empty group", func(s sender, text string) error { return s.group("none", text) }, copies{}},
			{"a group that reads as a pattern", func(s sender, text string) error { return s.group("*", text) }, copies{}},
			{"a group but some", func(s sender, text string) error { return s.group("red", text, id["gp"], id["np"]) }, copies{"gj": 1}},
			{"groups, two copies for who is in both", func(s sender, text string) error { return s.groups([]string{"red", "", "blue", "none"}, text) },
				copies{"gj": 1, "gp": 2, "nj": 1, "np": 1}},
			{"a user on both", func(s sender, text string) error { return s.user("ann", text) }, copies{"gj": 1, "nj": 1}},
			{"a user in another case", func(s sender, text string) error { return s.user("Ann", text) }, copies{}},
			{"users, one listed twice", func(s sender, text string) error { return s.users([]string{"bob", "", "eve", "eve"}, text) },
				copies{"gp": 1, "np": 2}},
		} {
			for from, s := range m.senders(patiently(t)) {
				text := row.name + ", from " + from
				require.NoError(t, row.send(s, text), text)
				assert.Equal(t, row.want, m.heard(t, s, cast, text), text)
			}
		}
		assert.NoError(t, m.net.Faults())
	})
}

// heard is how often each has got text: all there is. What one server sends arrives
// in order, and .NET handles what has arrived by channel.
func (m mesh) heard(t *testing.T, s sender, cast []member, text string) map[string]int {
	const marker = "that is all"
	require.NoError(t, s.all(marker))
	copies := map[string]int{}
	for _, c := range cast {
		count := func(got string) {
			require.Equal(t, text, got, "at %s", c.name)
			copies[c.name]++
		}
		for got := c.next(); got != marker; got = c.next() {
			count(got)
		}
		if c.waiting != nil {
			for m.net.Settle(); c.waiting() > 0; {
				count(c.next())
			}
		}
	}
	return copies
}
