package backplanetest

import "github.com/stretchr/testify/require"

// single are the tests of HubLifetimeManagerTestsBase, and those of
// ScaleoutHubLifetimeManagerTests that need one server.
var single = []specTest{
	{"SendAllAsyncWritesToAllConnectionsOutput", func(s *sites) {
		a, b := s.connect(0), s.connect(0)
		s.send(s.from(0).All())
		s.get(a, b)
	}},
	{"SendAllAsyncDoesNotWriteToDisconnectedConnectionsOutput", func(s *sites) {
		a, b := s.connect(0), s.connect(0)
		s.gone(b)
		b.leave(s)
		s.send(s.from(0).All())
		s.get(a)
	}},
	{"SendGroupAsyncWritesToAllConnectionsInGroupOutput", func(s *sites) {
		a, _ := s.connect(0), s.connect(0)
		s.join(0, a, "group")
		s.send(s.from(0).Group("group"))
		s.get(a)
	}},
	{"SendGroupExceptAsyncDoesNotWriteToExcludedConnections", func(s *sites) {
		a, b := s.connect(0), s.connect(0)
		s.join(0, a, "group1")
		s.join(0, b, "group1")
		s.send(s.from(0).GroupExcept("group1", b.id))
		s.get(a)
	}},
	{"SendConnectionAsyncWritesToConnectionOutput", func(s *sites) {
		a, _ := s.connect(0), s.connect(0)
		s.send(s.from(0).Client(a.id))
		s.get(a)
	}},
	{"DisconnectConnectionRemovesConnectionFromGroup", func(s *sites) {
		a, _ := s.connect(0), s.connect(0)
		s.join(0, a, "name")
		s.gone(a)
		a.leave(s)
		s.send(s.from(0).Group("name"))
		s.nobodyGets()
	}},
	{"RemoveGroupFromLocalConnectionNotInGroupDoesNothing", func(s *sites) {
		a := s.connect(0)
		require.NoError(s, s.groups(0).Remove(a.id, "does-not-exist"))
	}},
	{"AddGroupAsyncForLocalConnectionAlreadyInGroupDoesNothing", func(s *sites) {
		a := s.connect(0)
		s.join(0, a, "name")
		s.join(0, a, "name")
		s.send(s.from(0).Group("name"))
		s.get(a)
	}},
	{"WritingToGroupWithOneConnectionFailingSecondConnectionStillReceivesMessage", func(s *sites) {
		a, b := s.connect(0), s.connect(0)
		s.join(0, a, "group")
		s.join(0, b, "group")
		s.gone(a)
		a.cut()
		for range 2 {
			s.send(s.from(0).Group("group"))
			s.get(b)
		}
	}},
	{"InvokeUserSendsToAllConnectionsForUser", func(s *sites) {
		a, b := s.connectUser(0, "userA"), s.connectUser(0, "userA")
		s.connectUser(0, "userB")
		s.send(s.from(0).User("userA"))
		s.get(a, b)
	}},
	{"StillSubscribedToUserAfterOneOfMultipleConnectionsAssociatedWithUserDisconnects", func(s *sites) {
		a, b := s.connectUser(0, "userA"), s.connectUser(0, "userA")
		s.connectUser(0, "userB")
		s.send(s.from(0).User("userA"))
		s.get(a, b)
		s.gone(a)
		a.leave(s)
		s.send(s.from(0).User("userA"))
		s.get(b)
	}},
}
