package backplanetest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/signalr"
)

// Run checks a Backplane. open returns n of them, of one application, that know
// each other already; what they need besides is closed with t.Cleanup. It is
// called once for each test.
func Run(t *testing.T, open func(t *testing.T, n int) []signalr.Backplane) {
	for _, n := range []int{2, 3} {
		for _, c := range []struct {
			name string
			test func(*testing.T, *fixture)
		}{
			{"ServersHaveTheirOwnNames", testNames},
			{"OneReceiverAtATime", testAttach},
			{"MessagesArriveAsTheyAre", testDelivery},
			{"AnyChannelNameIsLiteral", testChannelNames},
			{"NoEcho", testNoEcho},
			{"ServersAreCounted", testCounts},
			{"SubscribingAgainHasNoEffect", testIdempotence},
			{"UnsubscribeEndsIt", testUnsubscribe},
			{"OrderOfEachSender", testOrder},
			{"OrderAcrossChannels", testOrderAcrossChannels},
			{"BurstFromEverywhere", testBurst},
			{"ReadYourWrites", testReadYourWrites},
			{"ChangingInterest", testChangingInterest},
			{"LargePayloads", testLargePayloads},
			{"TooLargeIsAnError", testTooLarge},
			{"BackPressureDropsNothing", testBackPressure},
			{"EndedContexts", testEndedContexts},
			{"LeavingIsTold", testLeaving},
			{"ClosedIsAnError", testClosed},
		} {
			t.Run(fmt.Sprintf("%s/%dServers", c.name, n), func(t *testing.T) { c.test(t, start(t, open, n)) })
		}
	}
	t.Run("AloneIsFine", func(t *testing.T) { testAlone(t, start(t, open, 1)) })
}

// A fixture is the servers of one test, each with a recorder attached.
type fixture struct {
	planes    []signalr.Backplane
	recorders []*recorder
	detach    []func()
}

func start(t *testing.T, open func(t *testing.T, n int) []signalr.Backplane, n int) *fixture {
	f := &fixture{planes: open(t, n)}
	require.Len(t, f.planes, n)
	for _, b := range f.planes {
		r := newRecorder()
		detach, err := b.Attach(r)
		require.NoError(t, err)
		f.recorders = append(f.recorders, r)
		f.detach = append(f.detach, sync.OnceFunc(detach))
	}
	t.Cleanup(func() {
		for i, b := range f.planes {
			f.recorders[i].assertNoGaps(t)
			f.detach[i]()
			if c, ok := b.(io.Closer); ok {
				assert.NoError(t, c.Close())
			}
		}
	})
	return f
}

// others returns the servers but i.
func (f *fixture) others(i int) []int {
	var others []int
	for j := range f.planes {
		if j != i {
			others = append(others, j)
		}
	}
	return others
}

// name is what the others call server i.
func (f *fixture) name(i int) string { return f.planes[i].Self() }

func (f *fixture) subscribe(t testing.TB, i int, channel string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), Patience)
	defer cancel()
	require.NoError(t, f.planes[i].Subscribe(ctx, channel))
}

func (f *fixture) subscribeAll(t testing.TB, channels ...string) {
	t.Helper()
	for i := range f.planes {
		for _, c := range channels {
			f.subscribe(t, i, c)
		}
	}
}

// publish publishes from server i and requires that it reaches so many servers.
func (f *fixture) publish(t testing.TB, i int, channel, data string, servers int) {
	t.Helper()
	n, err := f.tryPublish(t.Context(), i, channel, []byte(data))
	require.NoError(t, err)
	require.Equal(t, servers, n, "servers that %q went to", channel)
}

// tryPublish may be called from any goroutine.
func (f *fixture) tryPublish(ctx context.Context, i int, channel string, data []byte) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	return f.planes[i].Publish(ctx, channel, data)
}

// awaitSubscribers waits until server i counts so many for channel.
func (f *fixture) awaitSubscribers(t testing.TB, i int, channel string, want int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), Patience)
	defer cancel()
	for {
		n, err := f.planes[i].Subscribers(ctx, channel)
		require.NoError(t, err)
		if n == want {
			return
		}
		if !assert.NoError(t, ctx.Err(), "server %d counts %d subscribers of %q, not %d", i, n, channel, want) {
			t.FailNow()
		}
		pause(ctx)
	}
}

// pause lets others work before something that tells no news is looked at again.
func pause(ctx context.Context) {
	timer := time.NewTimer(time.Millisecond)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// ended tells whether err is that of an ended context.
func ended(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}
