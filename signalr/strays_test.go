package signalr

import (
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A journal is a log that may be read while it is written.
type journal struct {
	mu   sync.Mutex
	text strings.Builder
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(b)
}

func (j *journal) count(text string) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return strings.Count(j.text.String(), text)
}

// strayed is the site of a hub, whose log is kept.
func strayed(t *testing.T, change func(*Options)) (*site, *journal, *prometheus.Registry) {
	log, registry := &journal{}, prometheus.NewRegistry()
	o := Options{Hubs: []HubOptions{{Path: "/hub", Hub: slowHub{}}}, Logger: slog.New(slog.NewTextHandler(log, nil)), Metrics: registry}
	if change != nil {
		change(&o)
	}
	return start(t, o), log, registry
}

func unknownTotal(t *testing.T, g prometheus.Gatherer) float64 {
	families, err := g.Gather()
	require.NoError(t, err)
	for _, f := range families {
		if f.GetName() == "signalmesh_signalr_unknown_connection_total" {
			return f.GetMetric()[0].GetCounter().GetValue()
		}
	}
	require.FailNow(t, "no such metric")
	return 0
}

func TestAnIDOfAnotherServerAsksForStickySessions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, log, registry := strayed(t, nil)
		elsewhere, _, _ := strayed(t, nil)
		token := elsewhere.token()
		status, body, _ := s.request("GET", "/hub?id="+token, "Accept", "text/event-stream")
		assert.Equal(t, 404, status)
		assert.Equal(t, "No Connection with that ID", body)
		assert.Equal(t, 1, log.count("sticky sessions"))
		assert.Zero(t, log.count(token), "it is a secret of a client")
		assert.EqualValues(t, 1, unknownTotal(t, registry))
		for range 5 {
			s.request("GET", "/hub?id="+token, "Accept", "text/event-stream")
		}
		assert.Equal(t, 1, log.count("sticky sessions"), "not for each request")
		time.Sleep(time.Hour)
		s.request("GET", "/hub?id="+token, "Accept", "text/event-stream")
		assert.Equal(t, 2, log.count("sticky sessions"))
		assert.Equal(t, 1, log.count("requests=6"))
		assert.EqualValues(t, 7, s.UnknownConnections())
		assert.EqualValues(t, 7, unknownTotal(t, registry))
	})
}

func TestLateRequestsOfAConnectionAreNoStrays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, log, registry := strayed(t, nil)
		opened, unopened := s.token(), s.token()
		status, _, _ := s.request("GET", "/hub?id="+opened)
		require.Equal(t, 200, status)
		status, _, _ = s.request("DELETE", "/hub?id="+opened)
		require.Equal(t, 202, status)
		time.Sleep(20 * time.Second)
		for _, token := range []string{opened, unopened} {
			for _, method := range []string{"GET", "POST", "DELETE"} {
				status, _, _ := s.request(method, "/hub?id="+token)
				assert.Equal(t, 404, status, method)
			}
		}
		s.request("GET", "/hub")
		assert.Zero(t, unknownTotal(t, registry))
		assert.Zero(t, log.count("sticky"))
	})
}

func TestAFewLateRequestsOfClientsOfAFailedServerAreCountedOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, log, registry := strayed(t, nil)
		id := newID()
		for range lateStrays - 1 {
			s.request("POST", "/hub?id="+id)
		}
		assert.EqualValues(t, lateStrays-1, unknownTotal(t, registry))
		assert.Zero(t, log.count("sticky"))
		assert.Zero(t, s.UnknownConnections())
		time.Sleep(2 * lateGap)
		for range lateStrays - 1 {
			s.request("GET", "/hub?id="+id) // polls
		}
		assert.Zero(t, log.count("sticky"), "they do not add up for ever")
		s.request("GET", "/hub?id="+id)
		assert.Equal(t, 1, log.count("sticky"), "without sticky sessions they keep coming")
		assert.EqualValues(t, lateStrays, s.UnknownConnections())
	})
}

func TestWhatIsNoIDOfOursWarnsOfNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, log, _ := strayed(t, nil)
		for _, id := range []string{"x", "..%2F..%2Fetc", strings.Repeat("a", 23), strings.Repeat("+", 22)} {
			s.request("GET", "/hub?id="+id, "Accept", "text/event-stream")
		}
		assert.Zero(t, log.count("sticky"))
	})
}

func TestAClientThatComesBackToAnotherServerIsALateOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, log, registry := strayed(t, func(o *Options) { o.Hubs[0].StatefulReconnect = true })
		s.request("GET", "/hub?id="+newID(), "Connection", "Upgrade", "Upgrade", "websocket")
		assert.EqualValues(t, 1, unknownTotal(t, registry))
		assert.Zero(t, log.count("sticky"))
	})
}

func TestEndedIDsAreBounded(t *testing.T) {
	var e endedIDs
	for i := range 5 * maxEnded {
		e.add(fmt.Sprint(i))
	}
	assert.LessOrEqual(t, len(e.newer)+len(e.older), 2*maxEnded)
	assert.True(t, e.has(fmt.Sprint(5*maxEnded-1)))
	assert.True(t, e.has(fmt.Sprint(4*maxEnded)), "the last maxEnded are there")
	assert.False(t, e.has("0"))
}
