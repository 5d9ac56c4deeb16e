package door_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/node/door"
	"github.com/signalmesh/signalmesh/node/door/aspnettest"
	"github.com/signalmesh/signalmesh/signalr"
	"github.com/signalmesh/signalmesh/signalr/protocol"
)

// An outcome is what became of a question.
type outcome struct {
	n   int
	err error
}

// ask has the Go server ask a client, and netAsk the .NET server. They want a number.
func (m mesh) ask(ctx context.Context, connection string) <-chan outcome {
	done := make(chan outcome, 1)
	go func() {
		n, err := signalr.Invoke[int](ctx, m.g.Hub("/chat").Clients(ctx).Client(connection), "ask")
		done <- outcome{n, err}
	}()
	return done
}

func (m mesh) netAsk(ctx context.Context, connection string) <-chan outcome {
	done := make(chan outcome, 1)
	go func() {
		n := 0
		err := m.net.Invoke(ctx, &n, connection, "ask")
		done <- outcome{n, err}
	}()
	return done
}

// An answerer is a client of whatever server that is asked, and how one asks it from
// the other server.
type answerer struct {
	id     string
	ask    func(context.Context) <-chan outcome
	asked  func() string
	reply  func(invocation string, result any)
	refuse func(invocation, text string)
	leave  func()
}

// answerers are clients of Go, which .NET asks, and clients of .NET, which Go asks, in
// both hub protocols.
func (m mesh) answerers(t *testing.T) map[string]answerer {
	all := map[string]answerer{}
	for _, p := range []protocol.Protocol{protocol.JSON(), protocol.MessagePack()} {
		b := m.g.connect(t, "ann", p)
		all[".NET asks Go, "+p.Name()] = answerer{
			id: b.id, ask: func(ctx context.Context) <-chan outcome { return m.netAsk(ctx, b.id) }, asked: b.asked,
			reply: func(id string, result any) {
				b.send(protocol.Completion{InvocationID: id, HasResult: true, Result: result})
			},
			refuse: func(id, text string) { b.send(protocol.Completion{InvocationID: id, Failed: true, Error: text}) },
			leave:  func() { require.NoError(t, b.ws.Close()) },
		}
		c := connectNet(t, m.net, "net-"+p.Name(), "bob", p)
		all["Go asks .NET, "+p.Name()] = answerer{
			id: c.ID, ask: func(ctx context.Context) <-chan outcome { return m.ask(ctx, c.ID) },
			asked:  func() string { return netAsked(t, c) },
			reply:  func(id string, result any) { require.NoError(t, c.Reply(id, result)) },
			refuse: func(id, text string) { require.NoError(t, c.Refuse(id, text)) },
			leave:  func() { m.net.Disconnect(c) },
		}
	}
	return all
}

// netAsked is the ID of the next invocation of a client of .NET, which wants an answer.
func netAsked(t *testing.T, c *aspnettest.Client) string {
	i, err := c.Next(patiently(t))
	require.NoError(t, err)
	require.NotEmpty(t, i.InvocationID)
	return i.InvocationID
}

func eachAnswerer(t *testing.T, change func(*door.Options), test func(t *testing.T, m mesh, a answerer)) {
	mixed(t, change, func(t *testing.T, m mesh) {
		for name, a := range m.answerers(t) {
			t.Run(name, func(t *testing.T) { test(t, m, a) })
		}
		assert.NoError(t, m.net.Faults())
	})
}

func TestAnswersCrossBetweenGoAndDotNet(t *testing.T) {
	eachAnswerer(t, nil, func(t *testing.T, _ mesh, a answerer) {
		ctx := patiently(t)
		done := a.ask(ctx)
		a.reply(a.asked(), 42)
		assert.Equal(t, outcome{42, nil}, <-done, "a value")

		done = a.ask(ctx)
		a.refuse(a.asked(), "not today")
		assert.ErrorContains(t, (<-done).err, "not today", "an error, with the client's text")

		done = a.ask(ctx)
		a.reply(a.asked(), "a text")
		assert.ErrorContains(t, (<-done).err, "Error trying to deserialize result to Int32. ", "a value of another type")

		first, second := a.ask(ctx), a.ask(ctx)
		one, two := a.asked(), a.asked()
		require.NotEqual(t, one, two)
		a.reply(two, 2)
		a.reply(one, 2)
		assert.Equal(t, outcome{2, nil}, <-first, "two at once")
		assert.Equal(t, outcome{2, nil}, <-second, "two at once")
	})
}

func TestQuestionsToNobodyAreToldAtOnceBetweenGoAndDotNet(t *testing.T) {
	mixed(t, nil, func(t *testing.T, m mesh) {
		ctx := patiently(t)
		m.g.connect(t, "ann", protocol.JSON())
		connectNet(t, m.net, "A", "ann", protocol.JSON())
		err := (<-m.ask(ctx, "nobody")).err
		assert.EqualError(t, err, "Connection 'nobody' does not exist.")
		assert.ErrorIs(t, err, signalr.ErrNoConnection)
		assert.EqualError(t, (<-m.netAsk(ctx, "nobody")).err, "IOException: Connection 'nobody' does not exist.")
	})
}

func TestWhoIsAskedAndLeavesLeavesNobodyWaitingBetweenGoAndDotNet(t *testing.T) {
	eachAnswerer(t, nil, func(t *testing.T, _ mesh, a answerer) {
		done := a.ask(patiently(t))
		a.asked()
		a.leave()
		assert.ErrorContains(t, (<-done).err, "Connection disconnected.")
	})
}

// Nobody tells the client that its answer is not wanted any more; it is ignored.
func TestQuestionsAreCancelledBetweenGoAndDotNet(t *testing.T) {
	eachAnswerer(t, nil, func(t *testing.T, _ mesh, a answerer) {
		ctx, cancel := context.WithCancel(patiently(t))
		done := a.ask(ctx)
		late := a.asked()
		cancel()
		assert.ErrorContains(t, (<-done).err, "Invocation canceled by the server.")
		a.reply(late, 1)

		done = a.ask(patiently(t))
		a.reply(a.asked(), 2)
		assert.Equal(t, outcome{2, nil}, <-done, "the next question has its own answer")
	})
}

// An answer of a connection that was not asked counts for nothing: it is refused by
// the server that has the connection, and who was asked still can.
func TestAnswersOfOthersAreRefusedBetweenGoAndDotNet(t *testing.T) {
	mixed(t, nil, func(t *testing.T, m mesh) {
		ctx := patiently(t)
		asked, other := connectNet(t, m.net, "A", "ann", protocol.JSON()), connectNet(t, m.net, "B", "ann", protocol.MessagePack())
		done := m.ask(ctx, "A")
		id := netAsked(t, asked)
		assert.EqualError(t, other.Reply(id, 99), "InvalidOperationException: Connection ID 'B' is not valid for invocation ID '"+id+"'.")
		require.NoError(t, asked.Reply(id, 1))
		assert.Equal(t, outcome{1, nil}, <-done)

		b, wrong := m.g.connect(t, "bob", protocol.JSON()), m.g.connect(t, "bob", protocol.MessagePack())
		done = m.netAsk(ctx, b.id)
		id = b.asked()
		wrong.send(protocol.Completion{InvocationID: id, HasResult: true, Result: 99})
		end := wrong.next().(protocol.Close)
		assert.Equal(t, protocol.Close{Error: "Connection closed with an error.", AllowReconnect: true}, end)
		b.send(protocol.Completion{InvocationID: id, HasResult: true, Result: 2})
		assert.Equal(t, outcome{2, nil}, <-done)
	})
}

// Go is told of a .NET server that dies with a question when it has not come back; .NET
// itself waits for ever when the server dies that it asks.
func TestAServerThatDiesWithAQuestionBetweenGoAndDotNet(t *testing.T) {
	mixed(t, nil, func(t *testing.T, m mesh) {
		asked := connectNet(t, m.net, "A", "ann", protocol.JSON())
		done := m.ask(patiently(t), "A")
		netAsked(t, asked)
		m.net.Close()
		err := (<-done).err
		assert.EqualError(t, err, "Connection 'A' disconnected.")
		assert.ErrorIs(t, err, signalr.ErrDisconnected)
		assert.EqualError(t, (<-m.ask(patiently(t), "A")).err, "Connection 'A' does not exist.")
	})
}

func TestDotNetAsksAServerOfGoThatCloses(t *testing.T) {
	mixed(t, nil, func(t *testing.T, m mesh) {
		b := m.g.connect(t, "bob", protocol.JSON())
		done := m.netAsk(patiently(t), b.id)
		b.asked()
		require.NoError(t, m.g.Close())
		assert.ErrorContains(t, (<-done).err, "Connection disconnected.")
		assert.EqualError(t, (<-m.netAsk(patiently(t), b.id)).err, "IOException: Connection '"+b.id+"' does not exist.")
	})
}
