package signalr

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/signalmesh/signalmesh/signalr/protocol"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// requireEnded requires that the next thing is a Close without leave to reconnect.
func requireEnded(t *testing.T, clients ...*client) {
	t.Helper()
	for _, c := range clients {
		require.Equal(t, protocol.Close{}, c.next())
	}
}

func TestConnectionsAreDisconnectedFromAnywhere(t *testing.T) {
	both(t, func(t *testing.T, p protocol.Protocol) {
		one, two, _ := startTwo(t)
		here, there, stays := one.connect("/hub", p), two.connect("/hub", p), two.connect("/hub", p)
		idHere, idThere := id(here), id(there)
		h := one.Hub("/hub")
		require.NoError(t, h.Disconnect(t.Context(), idHere))
		require.NoError(t, h.Disconnect(t.Context(), idThere))
		requireEnded(t, here, there)
		silence(t, stays)
		nothingWaits(t, one, two)
	})
}

func TestWhatIsSentToADisconnectedConnectionGoesNowhere(t *testing.T) {
	one, two, _ := startTwo(t)
	c := two.connect("/hub", protocol.JSON())
	idC := id(c)
	require.NoError(t, one.Hub("/hub").Disconnect(t.Context(), idC))
	require.NoError(t, one.Hub("/hub").Clients(t.Context()).Client(idC).Send("hear", "too late"))
	requireEnded(t, c)
	assert.Equal(t, 1000, c.closed())
}

func TestDisconnectingNobodyFailsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one, two, _ := startTwo(t)
		alone := start(t, options(newTestHub()))
		begin := time.Now()
		for _, s := range []*site{one, two, alone} {
			err := s.Hub("/hub").Disconnect(t.Context(), "1234")
			assert.ErrorIs(t, err, ErrNoConnection)
			assert.EqualError(t, err, "Connection '1234' does not exist.")
			n, err := s.Hub("/hub").DisconnectUser(t.Context(), "nobody")
			assert.NoError(t, err)
			assert.Zero(t, n)
		}
		assert.Zero(t, time.Since(begin))
	})
}

func TestUsersAreDisconnectedFromEverywhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one, two, nodes := startTwo(t)
		o := options(newTestHub())
		o.Backplane = nodes[0].bus.join()
		three := start(t, o)
		var clients []*client
		for i, s := range []*site{one, two, three} {
			for range i {
				clients = append(clients, s.connect("/hub?user=ann", protocol.JSON()))
			}
		}
		bob := two.connect("/hub?user=bob", protocol.JSON())
		for _, c := range append(clients, bob) {
			id(c)
		}
		begin := time.Now()
		n, err := one.Hub("/hub").DisconnectUser(t.Context(), "ann")
		require.NoError(t, err)
		assert.Equal(t, 3, n)
		requireEnded(t, clients...)
		silence(t, bob)
		synctest.Wait()
		n, err = two.Hub("/hub").DisconnectUser(t.Context(), "ann")
		require.NoError(t, err)
		assert.Zero(t, n)
		assert.Zero(t, time.Since(begin))
		nothingWaits(t, one, two, three)
	})
}

func TestEndedConnectionsAreCountedOnce(t *testing.T) {
	one, two, _ := startTwo(t)
	hub := two.options.Hubs[0].Hub.(*testHub)
	c := two.connect("/hub?user=ann", protocol.JSON())
	c.start("Hold")
	<-hub.held
	var sum int
	counts := make(chan int, 10)
	for i := range cap(counts) {
		go func() {
			n, err := []*site{one, two}[i%2].Hub("/hub").DisconnectUser(t.Context(), "ann")
			assert.NoError(t, err)
			counts <- n
		}()
	}
	for range cap(counts) {
		sum += <-counts
	}
	assert.Equal(t, 1, sum)
	nothingWaits(t, one, two)
}

func TestDisconnectingWhileTheOwnerDies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one, two, nodes := startTwo(t)
		o := options(newTestHub())
		o.Backplane = nodes[0].bus.join()
		three := start(t, o)
		id(two.connect("/hub?user=ann", protocol.JSON()))
		c := three.connect("/hub?user=ann", protocol.JSON())
		id(c)
		nodes[1].onPublish = func(string) error { return errors.New("replies get lost") }
		done := make(chan error, 1)
		var n int
		go func() {
			var err error
			n, err = one.Hub("/hub").DisconnectUser(t.Context(), "ann")
			done <- err
		}()
		synctest.Wait()
		assert.Empty(t, done, "one server has not replied")
		begin := time.Now()
		nodes[0].bus.kill(nodes[1])
		assert.NoError(t, <-done)
		assert.Zero(t, time.Since(begin))
		assert.Equal(t, 1, n, "that of the server that lives")
		requireEnded(t, c)
		nothingWaits(t, one, three)
	})
}

func TestDisconnectSucceedsWhenTheOwnerDies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one, two, nodes := startTwo(t)
		idB := id(two.connect("/hub", protocol.JSON()))
		nodes[1].onPublish = func(string) error { return errors.New("replies get lost") }
		done := make(chan error)
		go func() { done <- one.Hub("/hub").Disconnect(t.Context(), idB) }()
		synctest.Wait()
		begin := time.Now()
		nodes[0].bus.kill(nodes[1])
		assert.NoError(t, <-done, "it is gone")
		assert.Zero(t, time.Since(begin))
	})
}

func TestDisconnectLooksAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one, two, nodes := startTwo(t)
		idB := id(two.connect("/hub", protocol.JSON()))
		var fine atomic.Bool
		nodes[1].onPublish = func(string) error {
			if fine.Load() {
				return nil
			}
			return errors.New("replies get lost")
		}
		begin := time.Now()
		require.NoError(t, one.Hub("/hub").Disconnect(t.Context(), idB))
		assert.Equal(t, recheckInterval, time.Since(begin), "by then it is gone")

		// A server that only might have wanted the command turns out not to.
		fine.Store(true)
		silent, _ := tap(t, nodes[0].bus, protocol.ControlChannel("testHub"))
		id(two.connect("/hub?user=ann", protocol.JSON()))
		time.AfterFunc(time.Second/2, func() { silent.Unsubscribe(protocol.ControlChannel("testHub")) })
		begin = time.Now()
		n, err := one.Hub("/hub").DisconnectUser(t.Context(), "ann")
		require.NoError(t, err)
		assert.Equal(t, 1, n)
		assert.Equal(t, recheckInterval, time.Since(begin))
		nothingWaits(t, one, two)
	})
}

func TestDisconnectTimesOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one, _, nodes := startTwo(t)
		tap(t, nodes[0].bus, protocol.ConnectionChannel("testHub", "theirs"), protocol.ControlChannel("testHub"))
		begin := time.Now()
		err := one.Hub("/hub").Disconnect(t.Context(), "theirs")
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		assert.ErrorContains(t, err, `signalr: disconnect "theirs"`)
		assert.Equal(t, 30*time.Second, time.Since(begin))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		assert.ErrorIs(t, one.Hub("/hub").Disconnect(ctx, "theirs"), context.DeadlineExceeded)
		assert.Equal(t, 31*time.Second, time.Since(begin))

		done := make(chan error)
		go func() { done <- one.Hub("/hub").Disconnect(t.Context(), "theirs") }()
		synctest.Wait()
		require.NoError(t, one.Close())
		assert.ErrorIs(t, <-done, ErrServerClosed)
		assert.Equal(t, ErrServerClosed, one.Hub("/hub").Disconnect(t.Context(), "theirs"))
		_, err = one.Hub("/hub").DisconnectUser(t.Context(), "theirs")
		assert.Equal(t, ErrServerClosed, err)
		nothingWaits(t, one)
	})
}

func TestDisconnectFailsIfItCannotBePublished(t *testing.T) {
	one, two, nodes := startTwo(t)
	here, there := one.connect("/hub?user=ann", protocol.JSON()), two.connect("/hub?user=ann", protocol.JSON())
	id(here)
	idThere := id(there)
	broken := errors.New("broken")
	nodes[0].onPublish = func(string) error { return broken }
	assert.ErrorIs(t, one.Hub("/hub").Disconnect(t.Context(), idThere), broken)
	n, err := one.Hub("/hub").DisconnectUser(t.Context(), "ann")
	assert.ErrorIs(t, err, broken)
	assert.Equal(t, 1, n)
	requireEnded(t, here)
	assert.ErrorContains(t, one.Hub("/hub").Disconnect(t.Context(), ""), "connection ID is empty")
	_, err = one.Hub("/hub").DisconnectUser(t.Context(), "")
	assert.ErrorContains(t, err, "user ID is empty")
	silence(t, there)
}

func TestStrangeControlCommandsDoNothing(t *testing.T) {
	one, _, nodes := startTwo(t)
	net, got := tap(t, nodes[0].bus, protocol.ControlReplyChannel("testHub", "net"))
	c := one.connect("/hub", protocol.JSON())
	command := protocol.ControlCommand{ID: 1, Server: "net", Action: 99, Name: id(c)}
	for _, data := range [][]byte{
		protocol.AppendControlCommand(nil, command), {0xc1}, {0x90},
	} {
		_, err := net.Publish(t.Context(), protocol.ControlChannel("testHub"), data)
		require.NoError(t, err)
	}
	for _, data := range [][]byte{{0xc1}, protocol.AppendControlReply(nil, protocol.ControlReply{ID: 7, Found: 1})} {
		_, err := net.Publish(t.Context(), protocol.ControlReplyChannel("testHub", nodes[0].name), data)
		require.NoError(t, err)
	}
	assert.EqualValues(t, 3, testutil.ToFloat64(one.metrics.malformed))
	silence(t, c)
	command.Action = protocol.DisconnectConnection
	_, err := net.Publish(t.Context(), protocol.ControlChannel("testHub"), protocol.AppendControlCommand(nil, command))
	require.NoError(t, err)
	var replies []protocol.ControlReply
	for range 2 { // every server replies
		reply, err := protocol.ParseControlReply(<-got)
		require.NoError(t, err)
		replies = append(replies, reply)
	}
	assert.ElementsMatch(t, []protocol.ControlReply{{ID: 1, Found: 1, Ended: 1}, {ID: 1}}, replies)
	requireEnded(t, c)
}

func TestEventsSendWhatTheySay(t *testing.T) {
	s := start(t, options(newTestHub()))
	c := s.connect("/hub", protocol.JSON())
	to := s.Hub("/hub").Clients(t.Context()).Client(id(c))
	const (
		zero  Event0                              = "zero"
		one   Event1[string]                      = "one"
		two   Event2[string, int]                 = "two"
		three Event3[string, int, bool]           = "three"
		four  Event4[string, int, bool, []string] = "four"
	)
	require.NoError(t, errors.Join(zero.Send(to), one.Send(to, "a"), two.Send(to, "a", 2),
		three.Send(to, "a", 2, true), four.Send(to, "a", 2, true, []string{"d"})))
	args := []string{`"a"`, `2`, `true`, `["d"]`}
	for i, name := range strings.Fields("zero one two three four") {
		m := c.next().(protocol.Invocation)
		assert.Equal(t, name, m.Target)
		require.Len(t, m.Arguments, i)
		for j, a := range m.Arguments {
			assert.Equal(t, args[j], string(a.(protocol.Raw)))
		}
	}
}
