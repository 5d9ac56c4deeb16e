package signalr

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/signalmesh/signalmesh/signalr/protocol"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestStatefulReconnectIsGrantedIfAskedForAndAllowed(t *testing.T) {
	for _, test := range []struct {
		name    string
		change  func(*HubOptions)
		query   string
		granted bool
	}{
		{"asked and allowed", func(o *HubOptions) { o.StatefulReconnect = true }, "&useStatefulReconnect=true", true},
		{"in another case", func(o *HubOptions) { o.StatefulReconnect = true }, "&USESTATEFULRECONNECT=True", true},
		{"not asked", func(o *HubOptions) { o.StatefulReconnect = true }, "", false},
		{"asked for no", func(o *HubOptions) { o.StatefulReconnect = true }, "&useStatefulReconnect=false", false},
		{"not allowed", func(*HubOptions) {}, "&useStatefulReconnect=true", false},
		{"without WebSockets", func(o *HubOptions) {
			o.StatefulReconnect, o.Transports = true, LongPolling
		}, "&useStatefulReconnect=true", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := options(newTestHub())
			test.change(&o.Hubs[0])
			r := start(t, o).do(t.Context(), "POST", "/hub/negotiate?negotiateVersion=1"+test.query, nil)
			assert.Equal(t, test.granted, strings.HasPrefix(r.body, `{"useStatefulReconnect":true,"negotiateVersion":1,`), r.body)
			assert.Equal(t, test.granted, strings.Contains(r.body, "tateful"), r.body)
		})
	}
}

func TestLostSocketsAreReplacedAndNothingIsLostOrRepeated(t *testing.T) {
	both(t, func(t *testing.T, p protocol.Protocol) {
		hub := newTestHub()
		s := start(t, statefulOptions(hub))
		r := s.roam(p, "&user=ann")
		clients := s.Hub("/hub").Clients(t.Context())
		id := result[string](r.client, "ID")                     // 1 each way
		require.Nil(t, result[any](r.client, "Join", id, "red")) // 2
		for i := range 3 {                                       // 3 to 5
			require.NoError(t, clients.Group("red").Send("hear", fmt.Sprint(i)))
			assert.Equal(t, fmt.Sprint(i), r.received("hear"))
		}
		r.send(protocol.Ack{SequenceID: 4})
		held := r.start("Hold") // 3, still running when the socket is lost
		<-hub.held
		r.cut()
		for i := range 3 { // 6 to 8
			require.NoError(t, clients.User("ann").Send("hear", fmt.Sprint("lost ", i)))
		}
		r.resumes(5, 3)
		assert.Equal(t, "2", r.received("hear"), "what was not acknowledged comes again")
		for i := range 3 {
			assert.Equal(t, fmt.Sprint("lost ", i), r.received("hear"))
		}
		r.send(protocol.Invocation{InvocationID: held, Target: "Hold", Arguments: []any{}}) // 3 again
		r.send(protocol.Ack{SequenceID: 8})
		close(hub.hold)
		assert.Equal(t, held, r.next().(protocol.Completion).InvocationID) // 9
		r.send(protocol.Invocation{InvocationID: "e", Target: "Echo", Arguments: []any{"x"}})
		for {
			m := r.next()
			if _, ack := m.(protocol.Ack); !ack {
				assert.Equal(t, "e", m.(protocol.Completion).InvocationID)
				break
			}
		}
		assert.Empty(t, hub.held, "the repeated invocation did not run again")
		assert.Empty(t, hub.disconnected)
		assert.Len(t, hub.connected, 1)
		require.Eventually(t, func() bool { return testutil.ToFloat64(s.metrics.reattached) == 1 }, time.Minute, time.Millisecond, "counted after the first message is sent")
	})
}

// Messages of other servers are the bytes that those encoded, shared by all.
func TestMessagesOfTheBackplaneAreCountedAndHeld(t *testing.T) {
	both(t, func(t *testing.T, p protocol.Protocol) {
		one, two, _ := startTwo(t, stateful)
		r := one.roam(p, "&user=ann")
		id := result[string](r.client, "ID") // 1
		elsewhere := two.Hub("/hub").Clients(t.Context())
		require.NoError(t, elsewhere.Client(id).Send("hear", "a")) // 2
		assert.Equal(t, "a", r.received("hear"))
		r.cut()
		require.NoError(t, elsewhere.User("ann").Send("hear", "b")) // 3
		require.NoError(t, elsewhere.All().Send("hear", "c"))       // 4
		r.resumes(1, 2)
		assert.IsType(t, protocol.Completion{}, r.next())
		assert.Equal(t, []string{"a", "b", "c"}, []string{r.received("hear"), r.received("hear"), r.received("hear")})
	})
}

func TestSequenceIsTheFirstOfASocketAlsoWithNothingToRepeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, statefulOptions(newTestHub()))
		r := s.roam(protocol.JSON(), "")
		require.Equal(t, "x", result[string](r.client, "Echo", "x"))
		r.send(protocol.Ack{SequenceID: 1})
		synctest.Wait()
		for range 3 { // and more than once in a row
			r.cut()
			r.resumes(2, 2)
		}
		r.comeBack()
		assert.Equal(t, `{"type":9,"sequenceId":2}`+"\x1e", string(r.frame().data))
	})
}

func TestServerAcknowledgesOnceASecondIfThereIsSomething(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, statefulOptions(newTestHub()))
		r := s.roam(protocol.JSON(), "")
		begin := time.Now()
		for range 10 {
			r.send(protocol.Invocation{Target: "Nothing", Arguments: []any{}})
		}
		// All of them count, whatever becomes of them.
		r.send(protocol.Invocation{Target: "Unknown", Arguments: []any{}})
		r.send(protocol.Invocation{Target: "Echo", Arguments: []any{1, 2, 3}})
		r.send(protocol.StreamItem{InvocationID: "nobody's", Item: 1})
		r.send(protocol.Completion{InvocationID: "nobody's"})
		r.send(protocol.CancelInvocation{InvocationID: "nobody's"})
		r.send(protocol.Ping{})
		r.send(protocol.Ack{SequenceID: 100})
		assert.Equal(t, protocol.Ack{SequenceID: 15}, r.next())
		assert.LessOrEqual(t, time.Since(begin), 2*time.Second)
		time.Sleep(5 * time.Second)
		synctest.Wait()
		assert.Empty(t, r.frames, "there is nothing to acknowledge any more")
		r.cut()
		r.resumes(1, 14) // repeats two
		r.send(protocol.Completion{InvocationID: "nobody's"})
		r.send(protocol.CancelInvocation{InvocationID: "nobody's"})
		assert.Equal(t, protocol.Ack{SequenceID: 15}, r.next(), "the client seems not to have had it")
	})
}

func TestPartOfAMessageIsForgottenWithItsSocket(t *testing.T) {
	both(t, func(t *testing.T, p protocol.Protocol) {
		s := start(t, statefulOptions(newTestHub()))
		r := s.roam(p, "")
		whole, err := p.Append(nil, protocol.Invocation{InvocationID: "1", Target: "Echo", Arguments: []any{"x"}})
		require.NoError(t, err)
		require.NoError(t, r.ws.WriteMessage(websocket.BinaryMessage, whole[:len(whole)/2]))
		r.cut()
		r.resumes(1, 1)
		require.NoError(t, r.ws.WriteMessage(websocket.BinaryMessage, whole))
		assert.Equal(t, "1", r.next().(protocol.Completion).InvocationID)
	})
}

func TestALiveSocketIsTakenOver(t *testing.T) {
	s := start(t, statefulOptions(newTestHub()))
	r := s.roam(protocol.JSON(), "")
	require.Equal(t, "x", result[string](r.client, "Echo", "x"))
	old := r.client
	r.resumes(1, 2)
	assert.Error(t, old.ended(), "the old one is closed")
	assert.IsType(t, protocol.Completion{}, r.next())
	assert.Equal(t, "y", result[string](r.client, "Echo", "y"))
}

func TestASocketThatIsNotReadIsTakenOver(t *testing.T) {
	s := start(t, statefulOptions(newTestHub()))
	token := s.statefulToken()
	stuck := s.open("/hub?id=" + token)
	defer stuck.NetConn().Close()
	require.NoError(t, stuck.WriteMessage(websocket.TextMessage, []byte(`{"protocol":"json","version":2}`+"\x1e")))
	_, _, err := stuck.ReadMessage()
	require.NoError(t, err)
	require.NoError(t, stuck.WriteMessage(websocket.TextMessage, []byte(`{"type":1,"target":"ToCaller","arguments":["x"]}`+"\x1e")))
	r := &roamer{site: s, token: token, client: &client{protocol: protocol.JSON()}}
	r.comeBack()
	require.Equal(t, protocol.Sequence{SequenceID: 1}, r.next())
	assert.Equal(t, "x", r.received("hear"))
}

func TestTooHighASequenceEndsTheConnection(t *testing.T) {
	s := start(t, statefulOptions(newTestHub()))
	r := s.roam(protocol.JSON(), "")
	r.send(protocol.Sequence{SequenceID: 2})
	assert.Equal(t, protocol.Close{Error: "Connection closed with an error.", AllowReconnect: true}, r.next())
}

func TestClientsThatDoNotComeBackAreGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := newTestHub()
		s := start(t, statefulOptions(hub))
		r := s.roam(protocol.JSON(), "")
		<-hub.connected
		r.cut()
		time.Sleep(14 * time.Second)
		synctest.Wait()
		assert.Empty(t, hub.disconnected)
		r.resumes(1, 1)
		r.cut()
		begin := time.Now()
		assert.NoError(t, <-hub.disconnected)
		assert.InDelta(t, 16*time.Second, time.Since(begin), float64(time.Second))
		synctest.Wait()
		isPlain(t, s.upgrade("/hub?id="+r.token), 404, "No Connection with that ID")
	})
}

func TestClientTimeoutGoesOnWithoutASocket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := newTestHub()
		o := statefulOptions(hub)
		o.StatefulGap = time.Minute
		s := start(t, o)
		r := s.roam(protocol.JSON(), "")
		r.send(protocol.Ping{})
		time.Sleep(20 * time.Second)
		r.cut()
		begin := time.Now()
		assert.ErrorContains(t, <-hub.disconnected, "ClientTimeoutInterval")
		assert.InDelta(t, 10*time.Second, time.Since(begin), float64(2*time.Second))
	})
}

func TestReconnectsAreRefusedAsTheReferenceSays(t *testing.T) {
	for _, test := range []struct {
		name   string
		end    func(s *site, r *roamer)
		status int
		body   string
	}{
		{"unknown token", func(s *site, r *roamer) { r.token = "nobody's" }, 404, "No Connection with that ID"},
		{"close frame", func(s *site, r *roamer) {
			r.ws.WriteControl(websocket.CloseMessage, nil, time.Now().Add(time.Second))
		}, 404, "No Connection with that ID"},
		{"aborted by the hub", func(s *site, r *roamer) {
			r.send(protocol.Invocation{Target: "Abort", Arguments: []any{}})
			assert.Equal(s.t, protocol.Close{}, r.next())
		}, 409, ""},
		{"disconnected by the server", func(s *site, r *roamer) {
			require.NoError(s.t, s.Hub("/hub").Disconnect(s.t.Context(), result[string](r.client, "ID")))
		}, 409, ""},
		{"server shuts down", func(s *site, r *roamer) {
			ctx, cancel := context.WithCancel(s.t.Context())
			done := make(chan struct{})
			go func() { s.Shutdown(ctx); close(done) }()
			s.t.Cleanup(func() { cancel(); <-done })
			assert.Equal(s.t, protocol.Close{AllowReconnect: true}, r.next())
		}, 409, ""},
		{"client sends Close", func(s *site, r *roamer) {
			r.send(protocol.Close{})
			assert.Equal(s.t, protocol.Close{}, r.next())
		}, 409, ""},
		{"client breaks the rules", func(s *site, r *roamer) {
			r.sendText("{]\x1e")
			assert.IsType(s.t, protocol.Close{}, r.next())
		}, 409, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			hub := newTestHub()
			o := statefulOptions(hub)
			o.ParallelInvocations = 2
			s := start(t, o)
			r := s.roam(protocol.JSON(), "")
			// A method that takes its time keeps the record there.
			defer close(hub.hold)
			r.send(protocol.Invocation{Target: "Linger", Arguments: []any{}})
			<-hub.held
			test.end(s, r)
			if test.name == "close frame" {
				<-hub.disconnected
			}
			isPlain(t, s.upgrade("/hub?id="+r.token), test.status, test.body)
		})
	}
}
