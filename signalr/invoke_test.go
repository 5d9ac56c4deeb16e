package signalr

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/signalmesh/signalmesh/signalr/protocol"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Ask asks a connection, the caller if id is empty, for a number.
func (*testHub) Ask(call *Call, id string) (int, error) {
	client := call.Clients().Caller()
	if id != "" {
		client = call.Clients().Client(id)
	}
	return Invoke[int](call.Context(), client, "GetNumber", "test")
}

// An outcome is what Invoke returned.
type outcome[T any] struct {
	value T
	err   error
}

// ask asks a connection, from outside a hub of s.
func ask[T any](ctx context.Context, s *site, id string) <-chan outcome[T] {
	done := make(chan outcome[T], 1)
	go func() {
		v, err := Invoke[T](ctx, s.Hub("/hub").Clients(ctx).Client(id), "GetNumber", "test")
		done <- outcome[T]{v, err}
	}()
	return done
}

// asked waits for a question and returns its ID.
func (c *client) asked() string {
	c.t.Helper()
	m := c.next()
	question, ok := m.(protocol.Invocation)
	require.True(c.t, ok, "%T is no invocation", m)
	require.Equal(c.t, "GetNumber", question.Target)
	require.Len(c.t, question.Arguments, 1)
	var argument string
	require.NoError(c.t, c.protocol.Bind(question.Arguments[0].(protocol.Raw), &argument))
	require.Equal(c.t, "test", argument)
	require.Len(c.t, question.InvocationID, 22)
	return question.InvocationID
}

func (c *client) reply(id string, v any) {
	c.send(protocol.Completion{InvocationID: id, HasResult: true, Result: v})
}

func (c *client) refuse(id, text string) {
	c.send(protocol.Completion{InvocationID: id, Failed: true, Error: text})
}

// nothingWaits checks that nobody waits for anything at the servers.
func nothingWaits(t *testing.T, sites ...*site) {
	t.Helper()
	for _, s := range sites {
		h := s.Hub("/hub")
		assert.Eventually(t, func() bool {
			h.questions.mu.Lock()
			defer h.questions.mu.Unlock()
			return len(h.questions.waiting) == 0
		}, time.Minute, time.Millisecond)
		h.controls.mu.Lock()
		assert.Empty(t, h.controls.tallies)
		h.controls.mu.Unlock()
		h.acks.mu.Lock()
		assert.Empty(t, h.acks.waiting)
		h.acks.mu.Unlock()
	}
}

// hereAndElsewhere runs a test with a client on the server that asks, and with
// one on another, for each hub protocol.
func hereAndElsewhere(t *testing.T, test func(t *testing.T, asking, owner *site, c *client)) {
	both(t, func(t *testing.T, p protocol.Protocol) {
		t.Run("here", func(t *testing.T) {
			one, _, _ := startTwo(t)
			test(t, one, one, one.connect("/hub", p))
			nothingWaits(t, one)
		})
		t.Run("elsewhere", func(t *testing.T) {
			one, two, _ := startTwo(t)
			test(t, one, two, two.connect("/hub", p))
			nothingWaits(t, one, two)
		})
	})
}

func TestClientsAnswer(t *testing.T) {
	hereAndElsewhere(t, func(t *testing.T, asking, _ *site, c *client) {
		done := ask[int](t.Context(), asking, id(c))
		c.reply(c.asked(), 10)
		assert.Equal(t, outcome[int]{10, nil}, <-done)

		type point struct{ X, Y int }
		structs := ask[point](t.Context(), asking, id(c))
		c.reply(c.asked(), point{1, 2})
		assert.Equal(t, outcome[point]{point{1, 2}, nil}, <-structs)

		raw := ask[any](t.Context(), asking, id(c))
		c.reply(c.asked(), nil)
		assert.Equal(t, outcome[any]{nil, nil}, <-raw)

		none := ask[string](t.Context(), asking, id(c))
		c.send(protocol.Completion{InvocationID: c.asked()})
		assert.Equal(t, outcome[string]{"", nil}, <-none)
	})
}

func TestClientsErrorsComeAsTheyAre(t *testing.T) {
	hereAndElsewhere(t, func(t *testing.T, asking, _ *site, c *client) {
		done := ask[int](t.Context(), asking, id(c))
		c.refuse(c.asked(), "Error from client")
		assert.Equal(t, &HubError{Message: "Error from client"}, (<-done).err)
	})
}

func TestAnswersOfAnotherTypeAreErrors(t *testing.T) {
	hereAndElsewhere(t, func(t *testing.T, asking, _ *site, c *client) {
		done := ask[int](t.Context(), asking, id(c))
		c.reply(c.asked(), "a string")
		err := (<-done).err
		assert.Regexp(t, `^Error trying to deserialize result to Int32\. .+`, err.Error())
		hub, ok := errors.AsType[*HubError](err)
		require.True(t, ok)
		assert.Equal(t, err.Error(), hub.Message)
		_, ok = errors.AsType[*protocol.BindError](err)
		assert.True(t, ok)
	})
}

func TestAskingNobodyFailsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one, two, _ := startTwo(t)
		alone := start(t, options(newTestHub()))
		two.connect("/hub", protocol.JSON())
		begin := time.Now()
		for _, s := range []*site{one, two, alone} {
			err := (<-ask[int](t.Context(), s, "1234")).err
			assert.EqualError(t, err, "Connection '1234' does not exist.")
			assert.ErrorIs(t, err, ErrNoConnection)
		}
		assert.Zero(t, time.Since(begin))
		nothingWaits(t, one, two, alone)
	})
}

func TestAskingWhoDisconnects(t *testing.T) {
	hereAndElsewhere(t, func(t *testing.T, asking, owner *site, c *client) {
		idC := id(c)
		done := ask[int](t.Context(), asking, idC)
		c.asked()
		c.ws.NetConn().Close()
		err := (<-done).err
		if asking == owner {
			assert.EqualError(t, err, fmt.Sprintf("Connection '%s' disconnected.", idC))
			assert.Equal(t, "IOException", readError(err).name)
		} else {
			assert.EqualError(t, err, "Connection disconnected.")
			assert.Equal(t, "x HubException: Connection disconnected.", describe("x", err, false))
		}
		assert.ErrorIs(t, err, ErrDisconnected)
	})
}

func TestCallersCancel(t *testing.T) {
	hereAndElsewhere(t, func(t *testing.T, asking, owner *site, c *client) {
		ctx, cancel := context.WithCancel(t.Context())
		done := ask[int](ctx, asking, id(c))
		question := c.asked()
		cancel()
		err := (<-done).err
		assert.EqualError(t, err, "Invocation canceled by the server.")
		assert.ErrorIs(t, err, context.Canceled)
		assert.Equal(t, "x HubException: Invocation canceled by the server.", describe("x", err, false))
		silence(t, c) // it is not told
		c.reply(question, 1)
		silence(t, c) // nor is it punished for answering
	})
}

func TestAWrongAnswererIsEnded(t *testing.T) {
	hereAndElsewhere(t, func(t *testing.T, asking, owner *site, c *client) {
		done := ask[int](t.Context(), asking, id(c))
		question := c.asked()
		for _, s := range []*site{asking, owner} {
			s.Hub("/hub").options.DetailedErrors = true // before its connections read it
			wrong := s.connect("/hub", protocol.JSON())
			idWrong := id(wrong)
			wrong.reply(question, 99)
			assert.Equal(t, protocol.Close{
				Error: "Connection closed with an error. InvalidOperationException: Connection ID '" + idWrong +
					"' is not valid for invocation ID '" + question + "'.",
				AllowReconnect: true,
			}, wrong.next())
		}
		c.reply(question, 10)
		assert.Equal(t, outcome[int]{10, nil}, <-done)
	})
}

func TestAnswersToNoQuestionAreIgnored(t *testing.T) {
	hereAndElsewhere(t, func(t *testing.T, _, _ *site, c *client) {
		c.reply("none", 1)
		c.refuse("none", "no")
		silence(t, c)
	})
}

func TestQuestionsToSeveralClientsDoNotCollide(t *testing.T) {
	one, two, _ := startTwo(t)
	a, b := one.connect("/hub", protocol.JSON()), two.connect("/hub", protocol.MessagePack())
	doneA, doneB := ask[int](t.Context(), one, id(a)), ask[int](t.Context(), one, id(b))
	questionA, questionB := a.asked(), b.asked()
	require.NotEqual(t, questionA, questionB)
	b.refuse(questionB, "error")
	assert.EqualError(t, (<-doneB).err, "error")
	a.reply(questionA, 3)
	assert.Equal(t, outcome[int]{3, nil}, <-doneA)
}

func TestManyQuestionsAtOnce(t *testing.T) {
	one, two, _ := startTwo(t)
	b := new(sync.WaitGroup)
	for i, s := range []*site{one, two} {
		c := s.connect("/hub", []protocol.Protocol{protocol.JSON(), protocol.MessagePack()}[i])
		idC := id(c)
		var done []<-chan outcome[string]
		for range 50 {
			done = append(done, ask[string](t.Context(), one, idC), ask[string](t.Context(), two, idC))
		}
		b.Go(func() {
			for range done {
				question := c.asked()
				c.reply(question, question)
			}
			got := make(map[string]bool)
			for _, d := range done {
				o := <-d
				assert.NoError(t, o.err)
				got[o.value] = true
			}
			assert.Len(t, got, len(done), "each gets its own")
		})
	}
	b.Wait()
	nothingWaits(t, one, two)
}

func TestHubMethodsAskTheirCallerWhileOthersWait(t *testing.T) {
	hereAndElsewhere(t, func(t *testing.T, asking, owner *site, c *client) {
		// One invocation at a time: the answer could not be read.
		first := c.start("Ask", "")
		question := c.asked()
		assert.Equal(t, "next", result[string](c, "Echo", "next"), "the permit is released")
		c.reply(question, 7)
		m := c.next().(protocol.Completion)
		assert.Equal(t, first, m.InvocationID)
		var n int
		require.NoError(t, c.protocol.Bind(m.Result.(protocol.Raw), &n))
		assert.Equal(t, 7, n)

		// Another's connection, and its error, which the caller may see.
		other := asking.connect("/hub", protocol.JSON())
		c.start("Ask", id(other))
		other.refuse(other.asked(), "not me")
		assert.Equal(t, "An unexpected error occurred invoking 'Ask' on the server. HubException: not me",
			c.next().(protocol.Completion).Error)
	})
}

func TestOnConnectedCannotAsk(t *testing.T) {
	hub := newTestHub()
	s := start(t, options(hub))
	other := s.connect("/hub", protocol.JSON())
	idOther := id(other)
	refused := make(chan error, 2)
	later := make(chan outcome[int], 1)
	hub.refuse = func(call *Call) error {
		for _, client := range []Single{call.Clients().Caller(), call.Clients().Client(idOther)} {
			_, err := Invoke[int](call.Context(), client, "GetNumber", "test")
			refused <- err
		}
		go func() {
			<-call.connection.opened
			v, err := Invoke[int](call.Context(), call.Clients().Caller(), "GetNumber", "test")
			later <- outcome[int]{v, err}
		}()
		return nil
	}
	c := s.connect("/hub", protocol.JSON())
	for range 2 {
		err := <-refused
		assert.EqualError(t, err, "Client results inside OnConnectedAsync Hub methods are not allowed.")
		assert.Equal(t, "InvalidOperationException", readError(err).name)
	}
	c.reply(c.asked(), 5)
	assert.Equal(t, outcome[int]{5, nil}, <-later, "when it is over, its Call can")
	silence(t, other)
}

// partingHub asks who has gone.
type partingHub struct {
	*testHub
	errs chan error
}

func (h partingHub) OnDisconnected(call *Call, _ error) {
	_, err := Invoke[int](context.Background(), call.Clients().Caller(), "GetNumber")
	h.errs <- err
}

func TestOnDisconnectedCannotAskItsConnection(t *testing.T) {
	hub := partingHub{newTestHub(), make(chan error, 1)}
	s := start(t, options(hub))
	c := s.connect("/hub", protocol.JSON())
	idC := id(c)
	c.ws.Close()
	assert.EqualError(t, <-hub.errs, "Connection '"+idC+"' disconnected.")
	nothingWaits(t, s)
}

func TestQuestionsThatCannotBePutAreErrors(t *testing.T) {
	one, two, nodes := startTwo(t)
	c := two.connect("/hub", protocol.JSON())
	clients := one.Hub("/hub").Clients(t.Context())
	_, err := Invoke[int](t.Context(), clients.Client(id(c)), "")
	assert.ErrorContains(t, err, "client's method is empty")
	_, err = Invoke[int](t.Context(), clients.Client(""), "x")
	assert.ErrorContains(t, err, "name of the connection is empty")
	for _, s := range []*site{one, two} {
		_, err = Invoke[int](t.Context(), s.Hub("/hub").Clients(t.Context()).Client(id(c)), "x", make(chan int))
		assert.ErrorContains(t, err, `encode "x"`)
	}
	broken := errors.New("broken")
	nodes[0].onPublish = func(string) error { return broken }
	_, err = Invoke[int](t.Context(), clients.Client(id(c)), "x")
	assert.ErrorIs(t, err, broken)
	silence(t, c)
	nothingWaits(t, one, two)
	require.NoError(t, one.Close())
	_, err = Invoke[int](t.Context(), clients.Client("c"), "x")
	assert.ErrorIs(t, err, ErrServerClosed)
}

func TestADeadOwnerIsNoticedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one, two, nodes := startTwo(t)
		c := two.connect("/hub", protocol.JSON())
		idC := id(c)
		done := ask[int](t.Context(), one, idC)
		c.asked()
		time.Sleep(10*time.Second + time.Millisecond)
		begin := time.Now()
		nodes[0].bus.kill(nodes[1])
		err := (<-done).err
		assert.EqualError(t, err, "Connection '"+idC+"' disconnected.")
		assert.ErrorIs(t, err, ErrDisconnected)
		assert.Equal(t, answerGrace, time.Since(begin))
		nothingWaits(t, one)
	})
}

func TestLostAnswersOfConnectionsThatEndAreNoticed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one, two, nodes := startTwo(t)
		c := two.connect("/hub", protocol.JSON())
		done := ask[int](t.Context(), one, id(c))
		c.asked()
		nodes[1].onPublish = func(string) error { return errors.New("lost") }
		begin := time.Now()
		c.ws.Close()
		assert.ErrorIs(t, (<-done).err, ErrDisconnected)
		assert.LessOrEqual(t, time.Since(begin), recheckInterval+answerGrace)
	})
}

func TestQuestionsOfADeadServerAreForgotten(t *testing.T) {
	one, two, nodes := startTwo(t)
	c := two.connect("/hub", protocol.JSON())
	ctx, cancel := context.WithCancel(t.Context())
	done := ask[int](ctx, one, id(c))
	question := c.asked()
	nodes[1].bus.kill(nodes[0])
	nothingWaits(t, two)
	c.reply(question, 1)
	silence(t, c)
	cancel()
	<-done
}

func TestClosingEndsTheWaiting(t *testing.T) {
	hereAndElsewhere(t, func(t *testing.T, asking, owner *site, c *client) {
		done := ask[int](t.Context(), asking, id(c))
		c.asked()
		require.NoError(t, asking.Close())
		err := (<-done).err
		if asking == owner {
			assert.ErrorIs(t, err, ErrDisconnected)
		} else {
			assert.ErrorIs(t, err, ErrServerClosed)
			c.ws.Close() // the owner's part ends with the connection, or the server
		}
	})
}

func TestShutdownOfTheOwnerTellsWhoAsked(t *testing.T) {
	one, two, _ := startTwo(t)
	c := two.connect("/hub", protocol.JSON())
	done := ask[int](t.Context(), one, id(c))
	c.asked()
	go two.Shutdown(t.Context())
	assert.ErrorIs(t, (<-done).err, ErrDisconnected)
}

func TestAServerThatWasTakenForDeadIsTold(t *testing.T) {
	one, two, nodes := startTwo(t)
	c := two.connect("/hub", protocol.JSON())
	done := ask[int](t.Context(), one, id(c))
	c.asked()
	receiver{two.Server}.Left(nodes[0].name)
	assert.EqualError(t, (<-done).err, "Connection disconnected.")
	nothingWaits(t, one, two)
}
