package signalr

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/signalmesh/signalmesh/signalr/protocol"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDrainMovesClientsOfEveryTransport(t *testing.T) {
	everyWay(t, func(t *testing.T, transport Transports, p protocol.Protocol) {
		hub := newTestHub()
		s := start(t, options(hub))
		c := s.connectBy(transport, "/hub", p)
		<-hub.connected
		assert.Equal(t, 1, s.Connections())
		report, err := s.Drain(t.Context(), 0)
		require.NoError(t, err)
		assert.Equal(t, []int{1, 0}, []int{report.Moved, report.Disconnected})
		assert.Equal(t, protocol.Close{AllowReconnect: true}, c.next())
		assert.Zero(t, s.Connections())
		assert.EqualValues(t, 1, testutil.ToFloat64(s.metrics.moved))
		assert.EqualValues(t, 0, testutil.ToFloat64(s.metrics.disconnected))
	})
}

func TestDrainBeginsWithClientsThatSendInNewRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, options(bare{}))
		told := map[bool]chan time.Duration{true: make(chan time.Duration, 20), false: make(chan time.Duration, 20)}
		begun := time.Now()
		for range 10 {
			for transport, requests := range map[Transports]bool{WebSockets: false, ServerSentEvents: true, LongPolling: true} {
				c := s.connectBy(transport, "/hub", protocol.JSON())
				go func() {
					assert.Equal(t, protocol.Close{AllowReconnect: true}, c.next())
					told[requests] <- time.Since(begun)
				}()
			}
		}
		report, err := s.Drain(t.Context(), 30*time.Second)
		require.NoError(t, err)
		assert.Equal(t, 30, report.Moved)
		synctest.Wait()
		for len(told[true]) > 0 {
			assert.LessOrEqual(t, <-told[true], 21*time.Second)
		}
		require.Len(t, told[false], 10)
		for len(told[false]) > 0 {
			assert.Greater(t, <-told[false], 19*time.Second)
		}
	})
}

func TestDrainLeavesSendingAtWorkUntilClose(t *testing.T) {
	b := &bus{}
	o := options(newTestHub())
	o.Backplane = b.join()
	drained := start(t, o)
	o = options(newTestHub())
	o.Backplane = b.join()
	c := start(t, o).connect("/hub", protocol.JSON())
	send := func(text string) error { return drained.Hub("/hub").Clients(t.Context()).All().Send("hear", text) }

	_, err := drained.Drain(t.Context(), 0)
	require.NoError(t, err)
	require.NoError(t, send("drained"))
	assert.Equal(t, "drained", c.received("hear"))
	require.NoError(t, drained.Shutdown(t.Context()))
	require.NoError(t, send("shut down"))
	assert.Equal(t, "shut down", c.received("hear"))
	require.NoError(t, drained.Close())
	assert.ErrorIs(t, send("closed"), ErrServerClosed)
}

func TestUndrainEndsADrain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, options(bare{}))
		for range 60 {
			s.connect("/hub", protocol.JSON())
		}
		type outcome struct {
			report DrainReport
			err    error
		}
		done := make(chan outcome, 1)
		go func() {
			report, err := s.Drain(context.Background(), time.Minute)
			done <- outcome{report, err}
		}()
		time.Sleep(30*time.Second + 10*time.Millisecond)
		synctest.Wait()
		require.NoError(t, s.Undrain())
		got := <-done
		assert.ErrorIs(t, got.err, ErrUndrained)
		assert.InDelta(t, 30, got.report.Moved, 1)
		assert.Zero(t, got.report.Disconnected)
		assert.Equal(t, 60-got.report.Moved, s.Connections(), "the others stay")
		time.Sleep(time.Minute)
		assert.Equal(t, 60-got.report.Moved, s.Connections(), "even when their turn would have come")

		c := s.connect("/hub", protocol.JSON())
		assert.Equal(t, "x", result[string](c, "Echo", "x"))
		report, err := s.Drain(t.Context(), 0)
		require.NoError(t, err)
		assert.Equal(t, 61-got.report.Moved, report.Moved, "a later drain counts anew")
	})
}

func TestUndrainByTheCauseOfTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, options(bare{}))
		c := s.connect("/hub", protocol.JSON())
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(ErrUndrained)
		_, err := s.Drain(ctx, time.Minute)
		assert.ErrorIs(t, err, ErrUndrained)
		assert.Equal(t, 1, s.Connections(), "the client stays connected")
		require.NoError(t, s.Undrain())
		assert.Equal(t, "x", result[string](c, "Echo", "x"))
	})
}

func TestDrainDisconnectsClientsThatDoNotAnswer(t *testing.T) {
	for name, test := range map[string]struct {
		limit time.Duration
		err   error
		took  time.Duration
	}{
		"in the time to close":         {time.Minute, nil, closeTimeout},
		"before the end of the drain":  {2 * time.Second, context.DeadlineExceeded, 2 * time.Second},
		"at once, without any time":    {0, context.DeadlineExceeded, 0},
		"long before the drain's end ": {time.Hour, nil, closeTimeout},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := start(t, options(bare{}))
				deaf := s.connect("/hub", protocol.JSON())
				deaf.ws.SetCloseHandler(func(int, string) error { return nil })
				ctx, cancel := context.WithTimeout(t.Context(), test.limit)
				defer cancel()
				report, err := s.Drain(ctx, 0)
				assert.Equal(t, test.err, err)
				assert.Equal(t, DrainReport{Disconnected: 1, Took: test.took}, report)
				assert.EqualValues(t, 1, testutil.ToFloat64(s.metrics.disconnected))
				synctest.Wait()
				assert.Zero(t, s.Connections())
			})
		})
	}
}

func TestDrainsJoin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, options(bare{}))
		for range 10 {
			s.connect("/hub", protocol.JSON())
		}
		first := make(chan DrainReport, 1)
		go func() {
			report, err := s.Drain(context.Background(), 10*time.Second)
			assert.NoError(t, err)
			first <- report
		}()
		synctest.Wait()
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := s.Drain(short, 0)
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		assert.NotZero(t, s.Connections(), "the first drain has more time")
		report, err := s.Drain(t.Context(), 0)
		require.NoError(t, err)
		assert.Equal(t, <-first, report)
		assert.Equal(t, 10, report.Moved)
	})
}

func TestAClosedServerIsNotDrained(t *testing.T) {
	for name, end := range map[string]func(s *site) error{
		"closed":    func(s *site) error { return s.Close() },
		"shut down": func(s *site) error { return s.Shutdown(s.t.Context()) },
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, options(bare{}))
			require.NoError(t, end(s))
			_, err := s.Drain(t.Context(), 0)
			assert.ErrorIs(t, err, ErrServerClosed)
			assert.ErrorIs(t, s.Undrain(), ErrServerClosed)
			require.NoError(t, s.Shutdown(t.Context()))
		})
	}
}

// Requests that would open a connection are refused so that the next request reaches
// another server. Requests of open connections are not refused.
func TestADrainedServerSendsNewClientsElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, options(bare{}))
		for range 20 { // the turn of a client comes in 30 s on average
			s.connect("/hub", protocol.JSON())
		}
		open := s.pollHandshake()
		sse, poll, socket := s.token(), s.token(), s.token()
		go s.Drain(context.Background(), time.Minute) // ends with the server
		synctest.Wait()
		for _, request := range []struct{ name, method, path, header, value string }{
			{"negotiate", "POST", "/hub/negotiate?negotiateVersion=1", "", ""},
			{"WebSocket", "GET", "/hub?id=" + socket, "Upgrade", "websocket"},
			{"WebSocket without negotiation", "GET", "/hub", "Upgrade", "websocket"},
			{"event stream", "GET", "/hub?id=" + sse, "Accept", "text/event-stream"},
			{"first poll", "GET", "/hub?id=" + poll, "", ""},
			{"first poll, again", "GET", "/hub?id=" + poll, "", ""},
		} {
			r := httptest.NewRequest(request.method, request.path, nil)
			if request.header == "Upgrade" {
				r.Header.Set("Connection", "Upgrade")
				r.Header.Set("Sec-WebSocket-Version", "13")
				r.Header.Set("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
			}
			r.Header.Set(request.header, request.value)
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			assert.Equal(t, http.StatusServiceUnavailable, w.Code, request.name)
			assert.Equal(t, "close", w.Header().Get("Connection"), request.name)
			assert.Equal(t, "1", w.Header().Get("Retry-After"), request.name)
			assert.Contains(t, w.Body.String(), "Connect again to reach another server", request.name)
		}
		r := s.post(open, `{"type":6}`+"\x1e")
		if r.status == 404 { // its turn was the first
			return
		}
		isPlain(t, r, 200, "")
	})
}

func TestOccupancyCanBeUsedAgain(t *testing.T) {
	var o occupancy
	<-o.Empty()
	o.Add(1)
	empty := o.Empty()
	assert.False(t, isClosed(empty))
	o.Add(1)
	o.Done()
	assert.False(t, isClosed(empty))
	o.Done()
	o.Wait()
	assert.True(t, isClosed(empty))
	o.Add(1)
	assert.True(t, isClosed(empty), "it was empty at one time")
	assert.False(t, isClosed(o.Empty()))
	o.Done()
	<-o.Empty()
}

// A client that is between two polls has a second; one that has vanished has nothing.
func TestAPollGapDoesNotHoldADrain(t *testing.T) {
	for name, test := range map[string]struct {
		away time.Duration // since the last poll, at the beginning of the drain
		want DrainReport
	}{
		"vanished just now":     {0, DrainReport{Disconnected: 1, Took: time.Second}},
		"vanished half a while": {600 * time.Millisecond, DrainReport{Disconnected: 1, Took: 400 * time.Millisecond}},
		"vanished long ago":     {10 * time.Second, DrainReport{Gone: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				hub := newTestHub()
				s := start(t, options(hub))
				token := s.pollHandshake()
				time.Sleep(test.away)
				report, err := s.Drain(t.Context(), 0)
				require.NoError(t, err)
				assert.Equal(t, test.want, report)
				assert.NoError(t, <-hub.disconnected)

				// A client that is slow rather than gone still gets its Close.
				time.Sleep(2 * time.Second)
				isPoll(t, s.poll(token), 200, stream, `{"type":7,"allowReconnect":true}`+"\x1e")
				isPoll(t, s.poll(token), 204, plain, "")
				time.Sleep(15 * time.Second)
				isPoll(t, s.poll(token), 404, plain, "No Connection with that ID")
				assert.Empty(t, s.negotiations.byToken)
			})
		})
	}
}

func TestAClientBetweenTwoPollsIsMoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, options(bare{}))
		token := s.pollHandshake()
		done := make(chan DrainReport, 1)
		go func() {
			report, err := s.Drain(context.Background(), 0)
			assert.NoError(t, err)
			done <- report
		}()
		time.Sleep(900 * time.Millisecond)
		isPoll(t, s.poll(token), 200, stream, `{"type":7,"allowReconnect":true}`+"\x1e")
		time.Sleep(900 * time.Millisecond) // it has another second for the next poll
		isPoll(t, s.poll(token), 204, plain, "")
		assert.Equal(t, DrainReport{Moved: 1, Took: 1800 * time.Millisecond}, <-done)
	})
}

func TestTheLastPollsCloseTheirTCPConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, options(bare{}))
		token := s.pollHandshake()
		poll := func() *httptest.ResponseRecorder {
			w := httptest.NewRecorder()
			s.ServeHTTP(w, httptest.NewRequest("GET", "/hub?id="+token, nil))
			return w
		}
		require.NoError(t, s.Hub("/hub").Clients(t.Context()).All().Send("hear", "x"))
		synctest.Wait()
		assert.Empty(t, poll().Header().Get("Connection"), "before a drain")
		go s.Drain(context.Background(), 0) // ends with the last poll
		synctest.Wait()
		assert.Equal(t, "close", poll().Header().Get("Connection"))
		assert.Equal(t, http.StatusNoContent, poll().Code)
	})
}

// The writer of a connection waits for polls when much waits to be polled.
func TestAVanishedPollWithMuchToFetchDoesNotHoldADrain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := newTestHub()
		s := start(t, options(hub))
		s.pollHandshake()
		for range 5 {
			require.NoError(t, s.Hub("/hub").Clients(t.Context()).All().Send("hear", strings.Repeat("x", pollLimit)))
		}
		time.Sleep(5 * time.Second)
		report, err := s.Drain(t.Context(), 0)
		require.NoError(t, err)
		assert.Equal(t, DrainReport{Gone: 1}, report)
		assert.NoError(t, <-hub.disconnected)
		assert.Empty(t, s.negotiations.byToken)
	})
}

// lingering takes its time to see a client off.
type lingering struct{ time.Duration }

func (l lingering) OnDisconnected(*Call, error) { time.Sleep(l.Duration) }
func (lingering) Nothing()                      {}

func TestADrainWaitsForOnDisconnectedOfAVanishedPoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, options(lingering{3 * time.Second}))
		token := s.pollHandshake()
		report, err := s.Drain(t.Context(), 0)
		require.NoError(t, err)
		assert.InDelta(t, 3, report.Took.Seconds(), 0.1)
		isPoll(t, s.poll(token), 200, stream, `{"type":7,"allowReconnect":true}`+"\x1e")
	})
}
