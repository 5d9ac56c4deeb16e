package signalr

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/signalmesh/signalmesh/signalr/protocol"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestHubsHaveTheServersLimitsOrTheirOwn(t *testing.T) {
	server := Limits{KeepAlive: 20 * time.Second, MaxMessageSize: 100, StreamBuffer: 3}
	for name, test := range map[string]struct{ own, want Limits }{
		"none": {Limits{}, Limits{
			KeepAlive: 20 * time.Second, ClientTimeout: 40 * time.Second, HandshakeTimeout: 15 * time.Second,
			MaxMessageSize: 100, OutboxSize: 16 << 20, StatefulBuffer: 100_000, ParallelInvocations: 1, StreamBuffer: 3, MaxStreams: 1000, MaxGroups: 4096, MaxGroupName: 512, MaxClientResults: 1000,
		}},
		"some": {Limits{KeepAlive: time.Minute, MaxMessageSize: Unlimited, ParallelInvocations: 4, DetailedErrors: true}, Limits{
			KeepAlive: time.Minute, ClientTimeout: 2 * time.Minute, HandshakeTimeout: 15 * time.Second,
			MaxMessageSize: Unlimited, OutboxSize: 16 << 20, StatefulBuffer: 100_000, ParallelInvocations: 4, StreamBuffer: 3, MaxStreams: 1000, MaxGroups: 4096, MaxGroupName: 512, MaxClientResults: 1000,
			DetailedErrors: true,
		}},
	} {
		o := options(newTestHub())
		o.Limits = server
		o.Hubs[0].Limits = test.own
		completed, err := o.complete()
		require.NoError(t, err, name)
		assert.Equal(t, test.want, completed.Hubs[0].Limits, name)
		assert.Equal(t, test.own, o.Hubs[0].Limits, "the caller's are left alone")
	}
}

func TestBadLimitsOfHubsAreRefusedWithTheirPath(t *testing.T) {
	o := options(newTestHub())
	o.Hubs[0].Limits = Limits{ClientTimeout: time.Second, StreamBuffer: -1, MaxMessageSize: -2}
	_, err := NewServer(o)
	for _, want := range []string{
		`hub at "/hub": ClientTimeout 1s is not longer than KeepAlive 15s`,
		`hub at "/hub": StreamBuffer -1 is negative`,
		`hub at "/hub": MaxMessageSize -2 is negative; Unlimited (-1) switches the limit off`,
	} {
		assert.ErrorContains(t, err, want)
	}
	o.Limits, o.Hubs[0].Limits = Limits{OutboxSize: -1}, Limits{}
	_, err = NewServer(o)
	require.Error(t, err)
	assert.Equal(t, 1, strings.Count(err.Error(), "OutboxSize"), "the server's fault is told once")
}

func TestMessagesMayBeUnlimited(t *testing.T) {
	both(t, func(t *testing.T, p protocol.Protocol) {
		o := options(newTestHub())
		o.MaxMessageSize = 10
		o.Hubs[0].MaxMessageSize = Unlimited
		c := start(t, o).connect("/hub", p)
		long := strings.Repeat("x", 1<<20)
		assert.Equal(t, long, result[string](c, "Echo", long))
	})
}

func TestEachHubPingsInItsOwnTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := options(newTestHub())
		o.Hubs = append(o.Hubs, HubOptions{Path: "/calm", Name: "Calm", Hub: newTestHub(), Limits: Limits{KeepAlive: time.Minute}})
		s := start(t, o)
		eager, calm := s.connect("/hub", protocol.JSON()), s.connect("/calm", protocol.JSON())
		time.Sleep(59 * time.Second)
		synctest.Wait()
		assert.Len(t, eager.frames, 3)
		assert.Empty(t, calm.frames)
		time.Sleep(3 * time.Second)
		synctest.Wait()
		assert.Len(t, calm.frames, 1)
	})
}

func TestDetailedErrorsOfOneHub(t *testing.T) {
	o := options(newTestHub())
	o.Hubs = append(o.Hubs, HubOptions{Path: "/open", Name: "Open", Hub: newTestHub(), Limits: Limits{DetailedErrors: true}})
	s := start(t, o)
	assert.NotContains(t, s.connect("/hub", protocol.JSON()).invoke("Plain").Error, "secret")
	assert.Contains(t, s.connect("/open", protocol.JSON()).invoke("Plain").Error, "Exception: a secret")
}
