package backplanetest

import (
	"strconv"
	"strings"

	"github.com/signalmesh/signalmesh/signalr"
	"github.com/signalmesh/signalmesh/signalr/protocol"
	"github.com/stretchr/testify/require"
)

// peers are what servers that depend on no broker owe each other: part C of the
// reference on backplanes, where the official tests do not have it.
var peers = []specTest{
	{"OrderOfOneAddress", func(s *sites) {
		here, there := s.connect(0), s.connect(1)
		s.join(0, here, "g")
		s.join(1, there, "g")
		for i := range 300 {
			require.NoError(s, s.from(i%2).Group("g").Send("Hello", strconv.Itoa(i%2)+":"+strconv.Itoa(i/2)))
		}
		for _, c := range []*client{here, there} {
			next := map[string]int{}
			for range 300 {
				from, number := c.numbered(s)
				require.Equal(s, next[from], number, "of server %s", from)
				next[from]++
			}
		}
	}},
	{"TheRestHearEachOtherWhenOneIsGone", func(s *sites) {
		a, b := s.connect(0), s.connect(1)
		s.join(0, a, "g")
		s.join(1, b, "g")
		require.NoError(s, s.all[1].server.Close())
		s.awaitSubscribers(0, protocol.GroupChannel(specName, "g"), 0)
		for range 3 {
			s.send(s.from(0).All())
			a.expect(s, "Hello", "World")
			s.send(s.from(0).Group("g"))
			a.expect(s, "Hello", "World")
			s.send(s.from(0).Client(b.id)) // succeeds, and nobody gets it
		}
	}},
	{"GroupsOfConnectionsThatWentWithTheirServer", func(s *sites) {
		b := s.connect(1)
		s.join(0, b, "g")
		require.NoError(s, s.all[1].server.Close())
		s.awaitSubscribers(0, protocol.ConnectionChannel(specName, b.id), 0)
		require.ErrorIs(s, s.groups(0).Add(b.id, "g"), signalr.ErrNoConnection)
		require.ErrorIs(s, s.groups(0).Remove(b.id, "g"), signalr.ErrNoConnection)
	}},
}

// numbered takes the next message, which says "server:number".
func (c *client) numbered(s *sites) (server string, number int) {
	m, ok := c.next(s).(protocol.Invocation)
	require.True(s, ok, "an invocation was awaited")
	var text string
	require.NoError(s, c.protocol.Bind(m.Arguments[0].(protocol.Raw), &text))
	server, digits, _ := strings.Cut(text, ":")
	number, err := strconv.Atoi(digits)
	require.NoError(s, err)
	return server, number
}
