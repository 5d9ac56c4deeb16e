package signalr

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/signalmesh/signalmesh/signalr/protocol"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A client whose message is too long reads the reason, and its POST does not fail.
func TestPostsThatAreTooLongLearnTheReason(t *testing.T) {
	const reason = "The maximum message size of 32768B was exceeded."
	long := `{"type":1,"invocationId":"1","target":"Echo","arguments":["` + strings.Repeat("x", 1<<20) + `"]}` + "\x1e"
	for range 20 { // the end of the connection and the request race
		o := options(newTestHub())
		o.DetailedErrors = true
		s := start(t, o)
		token := s.pollHandshake()
		poll := later(func() reply { return s.poll(token) })
		isPlain(t, s.post(token, long), 200, "")
		assert.Contains(t, (<-poll).body, reason)
	}
	synctest.Test(t, func(t *testing.T) {
		hub := newTestHub()
		o := options(hub)
		o.DetailedErrors = true
		s := start(t, o)
		token := s.pollHandshake()
		isPlain(t, s.post(token, long), 200, "")
		synctest.Wait()
		isPlain(t, s.post(token, `{"type":6}`+"\x1e"), 200, "") // it is dropped
		assert.Contains(t, s.poll(token).body, reason)
		isPoll(t, s.poll(token), 204, plain, "")
		require.Error(t, <-hub.disconnected)
	})
}

func TestWhatIsReadAfterTheEndIsLimited(t *testing.T) {
	for size, want := range map[int64]bool{0: true, maxRest: true, maxRest + 8<<10: false} {
		r := httptest.NewRequest("POST", "/hub", io.LimitReader(zeros{}, size))
		assert.Equal(t, want, dropRest(httptest.NewRecorder(), r), size)
	}
}

// zeros is a body without end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func TestEventStreamsTellTheReasonOfPostsThatAreTooLong(t *testing.T) {
	for range 10 {
		o := options(newTestHub())
		o.DetailedErrors = true
		s := start(t, o)
		c := s.connectBy(ServerSentEvents, "/hub", protocol.JSON())
		c.sendText(strings.Repeat("x", 1<<20)) // it must be answered with 200
		assert.Contains(t, c.next().(protocol.Close).Error, "maximum message size")
	}
}

// A client that comes back with a new token keeps its connection for as long as that
// is valid, under its first name.
func TestComingBackTakesOverTheExpiryAndNotTheName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := statefulOptions(newTestHub())
		o.UserID = nil
		var log bytes.Buffer
		o.Logger = slog.New(slog.NewTextHandler(&log, nil))
		var user atomic.Pointer[User]
		o.Authenticate = func(*http.Request) (*User, error) { return user.Load(), nil }
		o.Hubs[0].CloseOnExpiry = true
		user.Store(&User{ID: "ann", Expires: time.Now().Add(4 * time.Second)})
		s := start(t, o)
		r := s.roam(protocol.JSON(), "")
		time.Sleep(2 * time.Second)
		r.cut()
		user.Store(&User{ID: "ann", Expires: time.Now().Add(600 * time.Second)})
		r.resumes(1, 1)
		time.Sleep(300*time.Second + 500*time.Millisecond) // between two ticks, which acknowledge
		require.Equal(t, "ann", result[string](r.client, "User"))
		require.NotContains(t, log.String(), "different users")

		r.cut()
		user.Store(&User{ID: "eve", Expires: time.Now().Add(100 * time.Second)})
		r.comeBack()
		require.IsType(t, protocol.Sequence{}, r.next())
		time.Sleep(50 * time.Second)
		synctest.Wait()
		assert.Contains(t, log.String(), "requests of one connection come from different users")
		assert.Contains(t, log.String(), "user=ann now=eve")
		require.NoError(t, s.Hub("/hub").Clients(t.Context()).User("ann").Send("hear", "still ann"))
		for m := r.next(); ; m = r.next() {
			if inv, ok := m.(protocol.Invocation); ok {
				assert.Equal(t, "hear", inv.Target)
				break
			}
		}
		time.Sleep(52 * time.Second)
		assert.Equal(t, protocol.Close{AllowReconnect: true}, r.next())
	})
}

// Microsoft's .NET client does not repeat an Ack that was lost with a socket: it sends
// the next one when it has received something new.
func TestALostAckStopsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := statefulOptions(newTestHub())
		o.StatefulBuffer = 1000
		s := start(t, o)
		r := s.roam(protocol.JSON(), "")
		all := s.Hub("/hub").Clients(t.Context()).All()
		text := strings.Repeat("x", 400)
		for range 10 {
			require.NoError(t, all.Send("hear", text))
		}
		for range 3 { // they fill the buffer, and their Ack is lost
			assert.Equal(t, text, r.received("hear"))
		}
		for loss := range 3 {
			r.cut()
			r.resumes(1, 1)
			for range 4 + loss { // the last of them is new
				assert.Equal(t, text, r.received("hear"))
			}
			synctest.Wait()
			assert.Empty(t, r.frames, "only one")
		}
		r.send(protocol.Ack{SequenceID: 6})
		for range 3 {
			assert.Equal(t, text, r.received("hear"))
		}
		synctest.Wait()
		assert.Empty(t, r.frames, "the limit holds again")
		r.send(protocol.Ack{SequenceID: 9})
		assert.Equal(t, text, r.received("hear"))
	})
}

func TestLossesWithoutAcksGiveRoomForFewMessages(t *testing.T) {
	r := replay{limit: 1}
	r.hold([]byte("xx"))
	for range maxSpared {
		require.False(t, r.roomy())
		r.rewind()
		require.True(t, r.roomy())
		r.hold([]byte("xx"))
	}
	r.rewind()
	assert.False(t, r.roomy())
	r.acknowledge(0) // nothing new
	r.rewind()
	assert.False(t, r.roomy())
	r.acknowledge(1)
	r.rewind()
	assert.True(t, r.roomy())
}
