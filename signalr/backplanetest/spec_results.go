package backplanetest

import (
	"context"
	"fmt"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/signalr"
	"github.com/signalmesh/signalmesh/signalr/protocol"
)

// singleResults are the tests of client results in HubLifetimeManagerTestsBase.
var singleResults = []specTest{
	{"CanProcessClientReturnResult", func(s *sites) {
		a := s.connect(0)
		done := s.ask(s.Context(), 0, a.id)
		a.reply(s, a.asked(s), 10)
		assert.Equal(s, result{10, nil}, <-done)
	}},
	{"CanProcessClientReturnErrorResult", func(s *sites) {
		a := s.connect(0)
		done := s.ask(s.Context(), 0, a.id)
		a.refuse(s, a.asked(s), "Error from client")
		assert.Equal(s, &signalr.HubError{Message: "Error from client"}, (<-done).err)
	}},
	{"ExceptionWhenIncorrectClientCompletesClientResult", func(s *sites) { testWrongAnswerer(s, 0) }},
	{"ConnectionIDNotPresentWhenInvokingClientResult", func(s *sites) {
		s.connect(0)
		assert.ErrorIs(s, (<-s.ask(s.Context(), 0, "none")).err, signalr.ErrNoConnection)
	}},
	{"InvokesForMultipleClientsDoNotCollide", func(s *sites) {
		a, b := s.connect(0), s.connect(0)
		doneA, doneB := s.ask(s.Context(), 0, a.id), s.ask(s.Context(), 0, b.id)
		questionA, questionB := a.asked(s), b.asked(s)
		b.refuse(s, questionB, "error")
		assert.EqualError(s, (<-doneB).err, "error")
		a.reply(s, questionA, 3)
		assert.Equal(s, result{3, nil}, <-doneA)
	}},
	{"ClientDisconnectsWithoutCompletingClientResult", func(s *sites) {
		a := s.connect(0)
		done := s.ask(s.Context(), 0, a.id)
		a.asked(s)
		a.leave(s)
		err := (<-done).err
		assert.EqualError(s, err, fmt.Sprintf("Connection '%s' disconnected.", a.id))
		assert.ErrorIs(s, err, signalr.ErrDisconnected)
	}},
	{"CanCancelClientResult", func(s *sites) { testCancel(s, 0) }},
}

// scaleOutResults are those of ScaleoutHubLifetimeManagerTests, and
// ConnectionDoesNotExist_FailsInvokeConnectionAsync of
// RedisHubLifetimeManagerTests. Those after that are ours.
var scaleOutResults = []specTest{
	{"CanProcessClientReturnResultAcrossServers", func(s *sites) {
		for range 2 { // once for each protocol
			a := s.connect(0)
			done := s.ask(s.Context(), 1, a.id)
			a.reply(s, a.asked(s), 10)
			assert.Equal(s, result{10, nil}, <-done)
		}
	}},
	{"CanProcessClientReturnErrorResultAcrossServers", func(s *sites) {
		a := s.connect(0)
		done := s.ask(s.Context(), 1, a.id)
		a.refuse(s, a.asked(s), "Error from client")
		assert.Equal(s, &signalr.HubError{Message: "Error from client"}, (<-done).err)
	}},
	{"ConnectionIDNotPresentMultiServerWhenInvokingClientResult", func(s *sites) {
		s.connect(0)
		s.connect(1)
		assert.ErrorIs(s, (<-s.ask(s.Context(), 0, "none")).err, signalr.ErrNoConnection)
	}},
	{"ClientDisconnectsWithoutCompletingClientResultOnSecondServer", func(s *sites) {
		b := s.connect(1)
		done := s.ask(s.Context(), 0, b.id)
		b.asked(s)
		b.cut()
		err := (<-done).err
		assert.EqualError(s, err, "Connection disconnected.")
		assert.ErrorIs(s, err, signalr.ErrDisconnected)
	}},
	{"InvocationsFromDifferentServersUseUniqueIDs", func(s *sites) {
		a := s.connect(0)
		here := s.ask(s.Context(), 0, a.id)
		questionHere := a.asked(s)
		there := s.ask(s.Context(), 1, a.id)
		questionThere := a.asked(s)
		assert.NotEqual(s, questionHere, questionThere)
		a.reply(s, questionThere, 5)
		a.reply(s, questionHere, 2)
		assert.Equal(s, result{2, nil}, <-here)
		assert.Equal(s, result{5, nil}, <-there)
	}},
	{"ConnectionDoesNotExist_FailsInvokeConnectionAsync", func(s *sites) {
		err := (<-s.ask(s.Context(), 1, "1234")).err
		assert.EqualError(s, err, "Connection '1234' does not exist.")
	}},
	{"ClientReturnResultAcrossServersWithWrongReturnedTypeErrors", func(s *sites) {
		a := s.connect(0)
		done := s.ask(s.Context(), 1, a.id)
		a.reply(s, a.asked(s), "string")
		assert.Regexp(s, `^Error trying to deserialize result to Int32\.`, (<-done).err.Error())
	}},
	{"TheWrongAnswererIsEndedAcrossServers", func(s *sites) { testWrongAnswerer(s, 1) }},
	{"CallersCancelAcrossServers", func(s *sites) { testCancel(s, 1) }},
	{"QuestionsAreToldOfDeadOwners", testDeadOwner},
	{"ConnectionsAreDisconnectedFromAnywhere", func(s *sites) {
		a, b := s.connect(0), s.connect(1)
		h := s.all[0].server.Hub(specPath)
		require.NoError(s, h.Disconnect(s.Context(), a.id))
		require.NoError(s, h.Disconnect(s.Context(), b.id))
		require.Equal(s, protocol.Close{}, a.next(s))
		require.Equal(s, protocol.Close{}, b.next(s))
		require.ErrorIs(s, h.Disconnect(s.Context(), "none"), signalr.ErrNoConnection)
	}},
	{"UsersAreDisconnectedFromEverywhere", func(s *sites) {
		var clients []*client
		for i := range s.all {
			clients = append(clients, s.connectUser(i, "ann"), s.connectUser(i, "ann"))
		}
		s.connectUser(0, "bob")
		n, err := s.all[1].server.Hub(specPath).DisconnectUser(s.Context(), "ann")
		require.NoError(s, err)
		assert.Equal(s, len(clients), n)
		for _, c := range clients {
			require.Equal(s, protocol.Close{}, c.next(s))
			s.gone(c)
		}
		s.nobodyGets() // bob is there
	}},
}

// testWrongAnswerer has a client on each server answer what a client of server 0
// is asked by the server i.
func testWrongAnswerer(s *sites, i int) {
	a := s.connect(0)
	done := s.ask(s.Context(), i, a.id)
	question := a.asked(s)
	for j := range min(i+1, len(s.all)) {
		wrong := s.connect(j)
		wrong.reply(s, question, 99)
		require.Equal(s, protocol.Close{
			Error: fmt.Sprintf("Connection closed with an error. InvalidOperationException: "+
				"Connection ID '%s' is not valid for invocation ID '%s'.", wrong.id, question),
			AllowReconnect: true,
		}, wrong.next(s))
	}
	a.reply(s, question, 10)
	assert.Equal(s, result{10, nil}, <-done)
}

// testCancel has server i cancel what it asks a client of server 0.
func testCancel(s *sites, i int) {
	a := s.connect(0)
	ctx, cancel := context.WithCancel(s.Context())
	defer cancel()
	done := s.ask(ctx, i, a.id)
	question := a.asked(s)
	cancel()
	err := (<-done).err
	assert.EqualError(s, err, "Invocation canceled by the server.")
	assert.ErrorIs(s, err, context.Canceled)
	a.reply(s, question, 10)
	s.nobodyGets() // the late answer does no harm
}

// testDeadOwner ends the server of a client that has not answered.
func testDeadOwner(s *sites) {
	b := s.connect(1)
	done := s.ask(s.Context(), 0, b.id)
	b.asked(s)
	require.NoError(s, s.all[1].server.Close())
	assert.ErrorIs(s, (<-done).err, signalr.ErrDisconnected)
}

// A result is what Invoke returned.
type result struct {
	value int
	err   error
}

// ask has server i ask a connection for a number.
func (s *sites) ask(ctx context.Context, i int, connectionID string) <-chan result {
	done := make(chan result, 1)
	go func() { // ends with the answer, or the test's context
		n, err := signalr.Invoke[int](ctx, s.from(i).Client(connectionID), "Result", "test")
		done <- result{n, err}
	}()
	return done
}
