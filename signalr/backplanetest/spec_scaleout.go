package backplanetest

import (
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/signalr"
	"github.com/signalmesh/signalmesh/signalr/protocol"
)

// scaleOut are the tests of ScaleoutHubLifetimeManagerTests that need several
// servers, and one of RedisHubLifetimeManagerTests. Those after them are ours.
var scaleOut = []specTest{
	{"InvokeAllAsyncWithMultipleServersWritesToAllConnectionsOutput", func(s *sites) {
		a, b := s.connect(0), s.connect(1)
		s.send(s.from(0).All())
		s.get(a, b)
	}},
	{"InvokeAllAsyncWithMultipleServersDoesNotWriteToDisconnectedConnectionsOutput", func(s *sites) {
		a, b := s.connect(0), s.connect(1)
		s.gone(b)
		b.leave(s)
		s.send(s.from(1).All())
		s.get(a)
	}},
	{"InvokeConnectionAsyncOnServerWithoutConnectionWritesOutputToConnection", func(s *sites) {
		a, _ := s.connect(0), s.connect(1)
		s.send(s.from(1).Client(a.id))
		s.get(a)
	}},
	{"InvokeGroupAsyncOnServerWithoutConnectionWritesOutputToGroupConnection", func(s *sites) {
		a, _ := s.connect(0), s.connect(1)
		s.join(0, a, "name")
		s.send(s.from(1).Group("name"))
		s.get(a)
	}},
	{"RemoveGroupFromConnectionOnDifferentServerNotInGroupDoesNothing", func(s *sites) {
		a := s.connect(0)
		require.NoError(s, s.groups(1).Remove(a.id, "does-not-exist"))
	}},
	{"AddGroupAsyncForConnectionOnDifferentServerWorks", func(s *sites) {
		a, _ := s.connect(0), s.connect(1)
		s.join(1, a, "name")
		s.send(s.from(1).Group("name"))
		s.get(a)
	}},
	{"AddGroupAsyncForConnectionOnDifferentServerAlreadyInGroupDoesNothing", func(s *sites) {
		a := s.connect(0)
		s.join(0, a, "name")
		s.join(1, a, "name")
		s.send(s.from(1).Group("name"))
		s.get(a)
	}},
	{"RemoveGroupAsyncForConnectionOnDifferentServerWorks", func(s *sites) {
		a := s.connect(0)
		s.join(0, a, "name")
		s.send(s.from(1).Group("name"))
		s.get(a)
		require.NoError(s, s.groups(1).Remove(a.id, "name"))
		s.send(s.from(1).Group("name"))
		s.nobodyGets()
	}},
	{"InvokeConnectionAsyncForLocalConnectionDoesNotPublishToBackplane", func(s *sites) {
		a, _ := s.connect(0), s.connect(1)
		before := s.all[0].backplane.published.Load()
		s.send(s.from(0).Client(a.id))
		assert.Equal(s, before, s.all[0].backplane.published.Load(), "published")
		s.get(a)
	}},
	{"WritingToRemoteConnectionThatFailsDoesNotThrow", func(s *sites) {
		a := s.connect(1)
		s.gone(a)
		a.cut()
		s.send(s.from(0).Client(a.id))
	}},
	{"PatternGroupAndUser", func(s *sites) {
		a, b := s.connectUser(0, "*"), s.connectUser(1, "abc")
		s.join(0, a, "*")
		s.join(1, b, "abc")
		s.send(s.from(1).User("*"))
		s.get(a)
		s.send(s.from(0).Group("*"))
		s.get(a)
		s.send(s.from(1).Group("abc"))
		s.get(b)
	}},
	{"CamelCasedJsonIsPreservedAcrossServers", testEncodings},

	{"GroupsAndUsersSpanServers", testSpan},
	{"ExclusionsHoldAcrossServers", testExclusions},
	{"JoinedFromAnywhereIsReachedFromAnywhereAtOnce", testJoinThenSend},
	{"TheLastToLeaveEndsTheInterest", testLastLeaver},
	{"ChangingGroupsOfAConnectionThatIsNowhereFails", func(s *sites) {
		require.ErrorIs(s, s.groups(0).Add("none", "group"), signalr.ErrNoConnection)
		require.ErrorIs(s, s.groups(1).Remove("none", "group"), signalr.ErrNoConnection)
	}},
	{"SendingToNobodySucceeds", func(s *sites) {
		s.connect(0)
		s.send(s.from(1).Client("none"))
		s.send(s.from(1).Clients("none", "nor this"))
		s.send(s.from(1).Group("none"))
		s.send(s.from(1).User("none"))
		s.nobodyGets()
	}},
}

// testEncodings checks that clients elsewhere get what the sender encoded.
func testEncodings(s *sites) {
	here, there := s.connect(0), s.connect(1)
	more := s.connect(1) // JSON, as here; there speaks MessagePack
	type message struct{ TestProperty string }
	require.NoError(s, s.from(0).All().Send("Hello", message{"Foo"}))
	for c, want := range map[*client]string{
		here: `{"testProperty":"Foo"}`, more: `{"testProperty":"Foo"}`,
		there: "\x81\xacTestProperty\xa3Foo",
	} {
		m, ok := c.next(s).(protocol.Invocation)
		require.True(s, ok)
		require.Len(s, m.Arguments, 1)
		assert.Equal(s, protocol.Raw(want), m.Arguments[0])
	}
}

func testSpan(s *sites) {
	var group, user []*client
	for i := range s.all {
		g, u := s.connect(i), s.connectUser(i, "somebody")
		s.join(i, g, "everywhere")
		group, user = append(group, g), append(user, u)
	}
	for i := range s.all {
		s.send(s.from(i).Group("everywhere"))
		s.get(group...)
		s.send(s.from(i).User("somebody"))
		s.get(user...)
		s.send(s.from(i).Groups("everywhere", "nowhere", ""))
		s.get(group...)
		s.send(s.from(i).Users("somebody", "nobody", ""))
		s.get(user...)
		s.send(s.from(i).Clients(group[0].id, user[1].id, "none"))
		s.get(group[0], user[1])
	}
}

func testExclusions(s *sites) {
	a, b, c := s.connect(0), s.connect(1), s.connect(1)
	for _, member := range []*client{a, b, c} {
		s.join(1, member, "group")
	}
	s.send(s.from(0).AllExcept(b.id))
	s.get(a, c)
	s.send(s.from(0).AllExcept(a.id, c.id, "none"))
	s.get(b)
	s.send(s.from(1).GroupExcept("group", a.id))
	s.get(b, c)
	s.send(s.from(0).GroupExcept("group", b.id, c.id))
	s.get(a)
}

// testJoinThenSend joins and sends at once, many times, as applications do.
func testJoinThenSend(s *sites) {
	a, b := s.connect(0), s.connect(1)
	for k := range 50 {
		joiner, sender := k%2, k/2%2
		name := string(rune('a' + k%25))
		s.join(joiner, a, name)
		s.join(joiner, b, name)
		s.send(s.from(sender).Group(name))
		a.expect(s, "Hello", "World")
		b.expect(s, "Hello", "World")
		require.NoError(s, s.groups(sender).Remove(a.id, name))
		require.NoError(s, s.groups(sender).Remove(b.id, name))
		s.send(s.from(joiner).Group(name))
	}
	s.nobodyGets()
}

// testLastLeaver checks that a server keeps its interest in a group and a user
// until its last connection there is gone, and no longer.
func testLastLeaver(s *sites) {
	a, b := s.connectUser(0, "u"), s.connectUser(0, "u")
	s.connect(1)
	s.join(0, a, "g")
	s.join(0, b, "g")
	group, user := protocol.GroupChannel(specName, "g"), protocol.UserChannel(specName, "u")
	s.gone(a)
	a.leave(s)
	s.awaitSubscribers(1, protocol.ConnectionChannel(specName, a.id), 0)
	s.awaitSubscribers(1, group, 1)
	s.send(s.from(1).Group("g"))
	s.get(b)
	s.send(s.from(1).User("u"))
	s.get(b)
	s.gone(b)
	b.leave(s)
	s.awaitSubscribers(1, group, 0)
	s.awaitSubscribers(1, user, 0)
	s.send(s.from(1).Group("g"))
	s.send(s.from(1).User("u"))
	s.nobodyGets()
}
