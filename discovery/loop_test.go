package discovery_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/discovery"
)

// closed says that a channel is closed.
func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func TestSeedsAreWalkedInPhases(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newNetwork()
		w.loop(t, discovery.Policy{Retries: 3, Interval: 2 * time.Second, Delay: 20 * time.Second}, seedsOf(t, "a", "b")...)
		time.Sleep(31 * time.Second)
		synctest.Wait()
		assert.Equal(t, []string{
			"0s a:9800", "0s b:9800", "2s a:9800", "2s b:9800", "4s a:9800", "4s b:9800",
			// the pause after the last walk and the delay
			"26s a:9800", "26s b:9800", "28s a:9800", "28s b:9800", "30s a:9800", "30s b:9800",
		}, w.took())
	})
}

func TestWithoutADelayThePauseGrowsToHalfAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newNetwork()
		w.loop(t, discovery.Policy{Retries: 2, Interval: 4 * time.Second}, seedsOf(t, "a")...)
		time.Sleep(3 * time.Minute)
		synctest.Wait()
		assert.Equal(t, "0s 4s 8s 12s 20s 24s 40s 44s 1m14s 1m18s 1m48s 1m52s 2m22s 2m26s 2m56s 3m0s", times(w.took()))
	})
}

func TestASilentSeedCostsItsTimeOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newNetwork()
		w.answer("a:9800", func(ctx context.Context) (string, error) { <-ctx.Done(); return "", ctx.Err() })
		w.loop(t, discovery.Policy{DialTimeout: 3 * time.Second}, seedsOf(t, "a", "b")...)
		time.Sleep(5 * time.Second)
		synctest.Wait()
		assert.Equal(t, []string{"0s a:9800", "3s b:9800", "4s a:9800"}, w.took())
		assert.Contains(t, w.log.String(), `level=WARN msg="no seed answered" seeds="a:9800: no answer within 3s; b:9800: connection refused"`)
	})
}

func TestTheFirstAnswerEndsTheWalk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newNetwork()
		w.joins("b:9800")
		l := w.loop(t, discovery.Policy{}, seedsOf(t, "a", "b", "c")...)
		synctest.Wait()
		assert.Equal(t, []string{"0s a:9800", "0s b:9800"}, w.took())
		assert.True(t, closed(l.FirstRound()))
		assert.Equal(t, "level=INFO msg=\"seed answered\" address=b:9800 peer=\"peer of b:9800\"\n", w.log.String())
	})
}

func TestInAMeshOnlySeedsThatNeverAnsweredAreDialled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newNetwork()
		w.joins("b:9800")
		w.loop(t, discovery.Policy{}, seedsOf(t, "a", "b", "c")...)
		synctest.Wait()
		w.took()
		time.Sleep(32 * time.Second)
		synctest.Wait()
		assert.Equal(t, []string{"1s a:9800", "1s c:9800", "31s a:9800", "31s c:9800"}, w.took())
		w.joins("a:9800")
		w.joins("c:9800")
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		assert.Equal(t, []string{"1m1s a:9800", "1m1s c:9800"}, w.took())
	})
}

func TestTheLossOfTheLastPeerStartsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newNetwork()
		w.joins("a:9800")
		w.loop(t, discovery.Policy{Retries: 2, Interval: time.Second, Delay: time.Hour}, seedsOf(t, "a")...)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		w.took()
		w.answer("a:9800", nil)
		w.setPeers(0)
		time.Sleep(30 * time.Second)
		synctest.Wait()
		assert.Equal(t, []string{"10s a:9800", "11s a:9800"}, w.took())
		assert.Contains(t, w.log.String(), `level=INFO msg="last peer lost, dialling the seeds again" seeds=1`)

		w.setPeers(1) // somebody dialled us
		time.Sleep(time.Second)
		w.joins("a:9800")
		w.setPeers(0)
		synctest.Wait()
		assert.Equal(t, []string{"41s a:9800"}, w.took(), "the hour's delay is over with the isolation")
		assert.Equal(t, 2, strings.Count(w.log.String(), `msg="seed answered"`))
	})
}

func TestAPeerThatComesByItselfEndsTheWalk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newNetwork()
		w.answer("a:9800", func(context.Context) (string, error) { w.setPeers(2); return "", errRefused })
		l := w.loop(t, discovery.Policy{}, seedsOf(t, "a", "b")...)
		synctest.Wait()
		assert.Equal(t, []string{"0s a:9800"}, w.took())
		assert.True(t, closed(l.FirstRound()))
	})
}

func TestAnOwnAddressIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newNetwork()
		w.isSelf("a:9800")
		w.loop(t, discovery.Policy{}, seedsOf(t, "a", "b")...)
		time.Sleep(1500 * time.Millisecond)
		synctest.Wait()
		assert.Equal(t, []string{"0s a:9800", "0s b:9800", "1s b:9800"}, w.took())
		assert.Equal(t, 1, strings.Count(w.log.String(), `level=INFO msg="this node is a listed member" address=a:9800`))
	})
}

func TestTheOnlyListedMemberWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newNetwork()
		w.isSelf("a:9800")
		l := w.loop(t, discovery.Policy{}, seedsOf(t, "a")...)
		time.Sleep(time.Hour)
		synctest.Wait()
		assert.Equal(t, []string{"0s a:9800"}, w.took())
		assert.True(t, closed(l.FirstRound()))
		assert.Contains(t, w.log.String(), "no other member is listed, waiting for peers")
		assert.NotContains(t, w.log.String(), "WARN")
	})
}

func TestPortsOfARangeAreTriedInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newNetwork()
		w.isSelf("a:9800")
		w.joins("a:9802")
		range3 := discovery.Seed{}
		for _, s := range seedsOf(t, "a:9800", "a:9801", "a:9802", "a:9803") {
			range3.Addrs = append(range3.Addrs, s.Addrs...)
		}
		w.loop(t, discovery.Policy{}, range3)
		synctest.Wait()
		assert.Equal(t, []string{"0s a:9800", "0s a:9801", "0s a:9802"}, w.took())
	})
}

func TestAWarningIsNotRepeatedUntilItChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newNetwork()
		w.loop(t, discovery.Policy{Retries: 100}, seedsOf(t, "a")...)
		time.Sleep(20*time.Second + time.Millisecond)
		w.answer("a:9800", func(context.Context) (string, error) {
			return "", fmt.Errorf("not a mesh node:\n  it speaks %s", strings.Repeat("another protocol ", 100))
		})
		time.Sleep(20 * time.Second)
		synctest.Wait()
		lines := strings.Split(strings.TrimSpace(w.log.String()), "\n")
		require.Len(t, lines, 2)
		assert.Equal(t, `level=WARN msg="no seed answered" seeds="a:9800: connection refused"`, lines[0])
		assert.Contains(t, lines[1], `a:9800: not a mesh node: it speaks another protocol`)
		assert.Less(t, len(lines[1]), 300)
	})
}

func TestFirstRoundIsAWalkOrAnAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newNetwork()
		w.answer("a:9800", func(ctx context.Context) (string, error) { <-ctx.Done(); return "", ctx.Err() })
		l := w.loop(t, discovery.Policy{}, seedsOf(t, "a", "b")...)
		time.Sleep(5*time.Second - time.Nanosecond)
		synctest.Wait()
		assert.False(t, closed(l.FirstRound()))
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		assert.True(t, closed(l.FirstRound()))
	})
	synctest.Test(t, func(t *testing.T) {
		l := newNetwork().loop(t, discovery.Policy{})
		synctest.Wait()
		assert.True(t, closed(l.FirstRound()), "there is nothing to try")
	})
}

func TestCloseCancelsADialAndMayBeCalledTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newNetwork()
		w.answer("a:9800", func(ctx context.Context) (string, error) { <-ctx.Done(); return "", ctx.Err() })
		l := w.loop(t, discovery.Policy{}, seedsOf(t, "a")...)
		synctest.Wait()
		start := time.Now()
		require.NoError(t, l.Close())
		require.NoError(t, l.Close())
		assert.Zero(t, time.Since(start))
		assert.False(t, closed(l.FirstRound()))
		assert.Empty(t, w.log.String())
	})
}

func TestJitterIsAFifth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newNetwork()
		l, err := discovery.New(discovery.Options{
			Seeds: seedsOf(t, "a"), Policy: discovery.Policy{Retries: 1000, Interval: 10 * time.Second},
			Dial: w.dial, Peers: w.peers, Rand: rand.New(rand.NewPCG(1, 2)),
		})
		require.NoError(t, err)
		time.Sleep(time.Hour)
		synctest.Wait()
		require.NoError(t, l.Close())
		var last, least, most time.Duration
		for i, at := range strings.Fields(times(w.took())) {
			d, err := time.ParseDuration(at)
			require.NoError(t, err)
			switch gap := d - last; {
			case i == 1:
				least, most = gap, gap
			case i > 1:
				least, most = min(least, gap), max(most, gap)
			}
			last = d
		}
		assert.GreaterOrEqual(t, least, 8*time.Second)
		assert.LessOrEqual(t, most, 12*time.Second)
		assert.Greater(t, most-least, 3*time.Second, "nodes spread")
	})
}

func TestShuffleIsOneOrderForTheProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		order := func(seed uint64) []string {
			w := newNetwork()
			l, err := discovery.New(discovery.Options{
				Seeds: seedsOf(t, "a", "b", "c", "d", "e"), Policy: discovery.Policy{Shuffle: true},
				Dial: w.dial, Peers: w.peers, Rand: rand.New(rand.NewPCG(seed, 0)),
			})
			require.NoError(t, err)
			time.Sleep(1500 * time.Millisecond)
			synctest.Wait()
			require.NoError(t, l.Close())
			var hosts []string
			for _, d := range w.took() {
				_, host, _ := strings.Cut(d, " ")
				hosts = append(hosts, host)
			}
			require.Len(t, hosts, 10)
			assert.Equal(t, hosts[:5], hosts[5:])
			return hosts[:5]
		}
		first := order(1)
		assert.Equal(t, first, order(1))
		assert.NotEqual(t, first, order(2))
		assert.ElementsMatch(t, first, order(2))
	})
}

func TestNewNamesEveryFault(t *testing.T) {
	_, err := discovery.New(discovery.Options{Seeds: []discovery.Seed{{}}})
	assert.EqualError(t, err, "discovery: option Dial is nil\noption Peers is nil\noption Seeds[0] has no address")
}
