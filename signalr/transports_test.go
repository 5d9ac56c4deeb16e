package signalr

import (
	"errors"
	"io"
	"net/http"
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

func TestHubsAreTheSameOverEveryTransport(t *testing.T) {
	everyWay(t, func(t *testing.T, transport Transports, p protocol.Protocol) {
		hub := newTestHub()
		s := start(t, options(hub))
		c := s.connectBy(transport, "/hub?user=ann", p)
		id := <-hub.connected
		other := s.connect("/hub", p)
		<-hub.connected
		assert.Equal(t, id, result[string](c, "ID"))
		assert.Equal(t, "ann", result[string](c, "User"))
		assert.Equal(t, 5, result[int](c, "Add", 2, 3))
		assert.Equal(t, "An unexpected error occurred invoking 'Told' on the server. HubException: shown", c.invoke("Told").Error)
		require.Empty(t, c.invoke("Join", id, "red").Error)
		for _, send := range []struct {
			method string
			args   []any
		}{
			{"ToOthers", []any{"hi\r\nthere"}},
			{"ToGroup", []any{"red", "hi\r\nthere"}},
			{"ToUsers", []any{[]string{"ann"}, "hi\r\nthere"}},
			{"ToConnections", []any{[]string{id}, "hi\r\nthere"}},
		} {
			require.Empty(t, other.invoke(send.method, send.args...).Error)
			assert.Equal(t, "hi\r\nthere", c.received("hear"), send.method)
		}
		text := strings.Repeat("x", 30_000)
		assert.Equal(t, text, result[string](c, "Echo", text))
		assert.EqualValues(t, 2, testutil.ToFloat64(s.metrics.connections))
	})
}

func TestBackplaneReachesEveryTransport(t *testing.T) {
	everyWay(t, func(t *testing.T, transport Transports, p protocol.Protocol) {
		here, there, _ := startTwo(t)
		c := here.connectBy(transport, "/hub?user=ann", p)
		other := there.connect("/hub", protocol.JSON())
		id := result[string](c, "ID")
		require.Empty(t, other.invoke("Join", id, "red").Error)
		require.Empty(t, other.invoke("ToGroup", "red", "to red").Error)
		assert.Equal(t, "to red", c.received("hear"))
		require.Empty(t, other.invoke("ToUsers", []string{"ann"}, "to ann").Error)
		assert.Equal(t, "to ann", c.received("hear"))
	})
}

func TestOrderIsKeptOverEveryTransport(t *testing.T) {
	everyWay(t, func(t *testing.T, transport Transports, p protocol.Protocol) {
		s := start(t, options(newTestHub()))
		c := s.connectBy(transport, "/hub", p)
		for i := range 200 {
			c.send(protocol.Invocation{Target: "ToCaller", Arguments: []any{strings.Repeat("x", i)}})
		}
		for i := range 200 {
			require.Len(t, c.received("hear"), i)
		}
	})
}

func TestConnectionsEndInOrderOverEveryTransport(t *testing.T) {
	for _, test := range []struct {
		name         string
		end          func(s *site, c *client)
		close        protocol.Close
		disconnected string // text of the error; empty: none
	}{
		{"client sends Close", func(s *site, c *client) { c.send(protocol.Close{}) }, protocol.Close{}, ""},
		{"client sends Close with an error", func(s *site, c *client) { c.send(protocol.Close{Error: "mine"}) }, protocol.Close{}, "mine"},
		{"hub aborts", func(s *site, c *client) { c.start("Abort") }, protocol.Close{}, ""},
		{"server shuts down", func(s *site, c *client) { go s.Shutdown(s.t.Context()) }, protocol.Close{AllowReconnect: true}, ""},
		{
			"message too large", func(s *site, c *client) {
				if c.protocol.Binary() {
					c.sendText("\xfe\xff\x01") // the length of what never comes
				} else {
					c.sendText(strings.Repeat("x", 32<<10))
				}
			},
			protocol.Close{Error: "Connection closed with an error.", AllowReconnect: true}, "The maximum message size of 32768B was exceeded.",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			everyWay(t, func(t *testing.T, transport Transports, p protocol.Protocol) {
				hub := newTestHub()
				s := start(t, options(hub))
				c := s.connectBy(transport, "/hub", p)
				<-hub.connected
				test.end(s, c)
				assert.Equal(t, test.close, c.next())
				err := <-hub.disconnected
				if test.disconnected == "" {
					assert.NoError(t, err)
				} else {
					assert.ErrorContains(t, err, test.disconnected)
				}
				if transport == WebSockets {
					assert.Equal(t, websocket.CloseNormalClosure, c.closed())
				} else {
					assert.Equal(t, io.EOF, c.ended(), "the end is in order")
				}
				s.served.Wait()
				assert.Zero(t, testutil.ToFloat64(s.metrics.connections))
				assert.Empty(t, s.negotiations.byToken)
			})
		})
	}
}

func TestServerCloseEndsEveryTransport(t *testing.T) {
	everyWay(t, func(t *testing.T, transport Transports, p protocol.Protocol) {
		hub := newTestHub()
		s := start(t, options(hub))
		c := s.connectBy(transport, "/hub", p)
		c.start("Hold")
		<-hub.held
		require.NoError(t, s.Close())
		assert.NoError(t, <-hub.disconnected)
		assert.Error(t, c.ended())
	})
}

func TestPingsAreForTransportsThatNeedThem(t *testing.T) {
	everyWay(t, func(t *testing.T, transport Transports, p protocol.Protocol) {
		synctest.Test(t, func(t *testing.T) {
			c := start(t, options(newTestHub())).connectBy(transport, "/hub", p)
			want := 4
			if transport == LongPolling {
				want = 0
			}
			assert.Equal(t, want, pings(c, 65*time.Second))
			assert.Equal(t, "alive", result[string](c, "Echo", "alive"))
		})
	})
}

func TestHandshakeTimesOutOverEveryTransport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, options(newTestHub()))
		token := s.token()
		_, lines, _ := s.openEvents(token)
		polled := s.openPolling()
		begin := time.Now()
		got, err := event(lines)
		require.NoError(t, err)
		assert.Equal(t, `{"error":"Handshake was canceled."}`+"\x1e", got)
		_, err = event(lines)
		assert.Equal(t, io.EOF, err)
		assert.InDelta(t, 15, time.Since(begin).Seconds(), 1.1)
		time.Sleep(20 * time.Second) // the other one's last words wait for a poll
		assert.Equal(t, 404, s.poll(polled).status, "no poll came either")
	})
}

func TestHubsOfferTheTransportsTheyAreGiven(t *testing.T) {
	const (
		webSockets = `{"transport":"WebSockets","transferFormats":["Text","Binary"]}`
		events     = `{"transport":"ServerSentEvents","transferFormats":["Text"]}`
		polling    = `{"transport":"LongPolling","transferFormats":["Text","Binary"]}`
	)
	upgrade := []string{"Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA=="}
	open := map[string][]string{
		"WebSockets": upgrade, "ServerSentEvents": {"Accept", "text/event-stream"}, "LongPolling": nil,
	}
	for _, test := range []struct {
		transports Transports
		offered    string
		disabled   string
	}{
		{0, webSockets + "," + events + "," + polling, ""},
		{WebSockets | LongPolling, webSockets + "," + polling, "ServerSentEvents"},
		{LongPolling | ServerSentEvents, events + "," + polling, "WebSockets"},
		{WebSockets | ServerSentEvents, webSockets + "," + events, "LongPolling"},
	} {
		o := options(newTestHub())
		o.Hubs[0].Transports = test.transports
		s := start(t, o)
		r := s.do(t.Context(), "POST", "/hub/negotiate", nil)
		assert.Contains(t, r.body, `"availableTransports":[`+test.offered+`]}`)
		if test.disabled == "" {
			continue
		}
		want := test.disabled + " transport not supported by this end point type"
		isPlain(t, s.do(t.Context(), "GET", "/hub?id="+s.token(), nil, open[test.disabled]...), 404, want)
		if test.disabled == "WebSockets" {
			isPlain(t, s.do(t.Context(), "GET", "/hub", nil, upgrade...), 404, want)
		}
	}
	o := options(newTestHub())
	o.Hubs[0].Transports = 9
	_, err := NewServer(o)
	assert.ErrorContains(t, err, `hub at "/hub" has unknown transports: WebSockets|Transports(8)`)
}

func TestTransportsDoNotChange(t *testing.T) {
	upgrade := []string{"Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA=="}
	events := []string{"Accept", "text/event-stream"}
	const change = "Cannot change transports mid-connection"
	s := start(t, options(newTestHub()))
	get := func(token string, header []string) reply {
		return s.do(t.Context(), "GET", "/hub?id="+token, nil, header...)
	}

	ws := s.token()
	s.connect("/hub?id="+ws, protocol.JSON())
	isPlain(t, get(ws, events), 400, change)
	isPlain(t, get(ws, nil), 400, change)
	isPlain(t, get(ws, upgrade), 409, "")
	isPlain(t, s.post(ws, "x"), 405, "POST requests are not allowed for WebSocket connections.")
	isPlain(t, s.delete(ws), 400, "Cannot terminate this connection using the DELETE endpoint.")

	sse := s.token()
	s.openEvents(sse)
	isPlain(t, get(sse, upgrade), 400, change)
	isPlain(t, get(sse, nil), 400, change)
	isPlain(t, get(sse, events), 409, "")
	isPlain(t, s.delete(sse), 400, "Cannot terminate this connection using the DELETE endpoint.")

	lp := s.openPolling()
	isPlain(t, get(lp, upgrade), 400, change)
	isPlain(t, get(lp, events), 400, change)

	unopened := s.token()
	isPlain(t, s.delete(unopened), 400, "Cannot terminate this connection using the DELETE endpoint.")
}

func TestClosingServerOpensNoTransport(t *testing.T) {
	s := start(t, options(newTestHub()))
	one, two := s.token(), s.token()
	s.endAll()
	assert.Equal(t, http.StatusServiceUnavailable, s.poll(one).status)
	r := s.do(t.Context(), "GET", "/hub?id="+two, nil, "Accept", "text/event-stream")
	assert.Equal(t, http.StatusServiceUnavailable, r.status)
	assert.Equal(t, http.StatusServiceUnavailable, s.poll(one).status, "it may try again")
}

func TestBadFarewellOverPolling(t *testing.T) {
	s := start(t, options(badFarewell{}))
	c := s.connectBy(LongPolling, "/hub", protocol.JSON())
	c.start("Abort")
	assert.Equal(t, protocol.Close{}, c.next())
	assert.Equal(t, errors.New("poll: 500 Internal Server Error").Error(), c.ended().Error())
}
