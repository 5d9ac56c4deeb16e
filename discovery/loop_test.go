package discovery_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
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
			// the two rounds of contact count as walks
			"0s a:9800", "1s a:9800", "3s a:9800", "3s b:9800",
			// the pause after the last walk and the delay
			"25s a:9800", "25s b:9800", "27s a:9800", "27s b:9800", "29s a:9800", "29s b:9800",
		}, slices.DeleteFunc(w.took(), func(d string) bool { return d == "0s b:9800" || d == "1s b:9800" }))
	})
}

func TestWithoutADelayThePauseGrowsToHalfAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newNetwork()
		w.loop(t, discovery.Policy{Retries: 2, Interval: 4 * time.Second}, seedsOf(t, "a")...)
		time.Sleep(3 * time.Minute)
		synctest.Wait()
		assert.Equal(t, "0s 1s 5s 9s 17s 21s 37s 41s 1m11s 1m15s 1m45s 1m49s 2m19s 2m23s 2m53s 2m57s", times(w.took()))
	})
}

func TestASilentSeedCostsItsTimeOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newNetwork()
		w.silent("a:9800")
		w.loop(t, discovery.Policy{DialTimeout: 3 * time.Second}, seedsOf(t, "a", "b")...)
		time.Sleep(9 * time.Second)
		synctest.Wait()
		all := w.took()
		assert.ElementsMatch(t, []string{"0s a:9800", "0s b:9800", "4s a:9800", "4s b:9800"}, all[:4], "rounds dial in parallel")
		assert.Equal(t, []string{"8s a:9800"}, all[4:], "walks do not")
		assert.Equal(t, `level=INFO msg="no bootstrap server reachable yet; waiting for peers and retrying" retry_in=1s tried="10.0.0.97:9800 (no answer within 3s), 10.0.0.98:9800 (connection refused)"`+"\n", w.log.String())
	})
}

func TestTheFirstAnswerEndsAWalk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newNetwork()
		w.loop(t, discovery.Policy{}, seedsOf(t, "a", "b", "c")...)
		time.Sleep(1500 * time.Millisecond)
		synctest.Wait()
		w.took()
		w.joins("b:9800")
		time.Sleep(time.Second)
		synctest.Wait()
		assert.Equal(t, []string{"2s a:9800", "2s b:9800"}, w.took())
		assert.Contains(t, w.log.String(), "level=INFO msg=\"seed answered\" address=10.0.0.98:9800 peer=\"peer of b:9800\"\n")
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

func TestAPeerThatConnectsEndsAWalk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newNetwork()
		w.loop(t, discovery.Policy{}, seedsOf(t, "a", "b")...)
		time.Sleep(1500 * time.Millisecond)
		w.took()
		w.answer("a:9800", func(context.Context) (string, error) { w.setPeers(2); return "", errRefused })
		time.Sleep(time.Second)
		synctest.Wait()
		assert.Equal(t, []string{"2s a:9800"}, w.took())
	})
}

func TestAnOwnAddressIsDialledRarely(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newNetwork()
		w.isSelf("a:9800")
		w.loop(t, discovery.Policy{Retries: 1000}, seedsOf(t, "a", "b")...)
		time.Sleep(59 * time.Second)
		synctest.Wait()
		var own []string
		for _, d := range w.took() {
			if strings.HasSuffix(d, " a:9800") {
				own = append(own, d)
			}
		}
		assert.Equal(t, []string{"0s a:9800", "30s a:9800"}, own)
		assert.Equal(t, 1, strings.Count(w.log.String(), `level=INFO msg="this server is a listed member" address=10.0.0.97:9800`))
	})
}

func TestTheOnlyListedMemberWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newNetwork()
		w.isSelf("a:9800")
		l := w.loop(t, discovery.Policy{}, seedsOf(t, "a")...)
		time.Sleep(time.Hour)
		synctest.Wait()
		assert.LessOrEqual(t, len(w.took()), 120)
		assert.True(t, closed(l.FirstRound()))
		assert.Equal(t, 1, strings.Count(w.log.String(), "level=WARN msg=\"no other member is listed, waiting for peers: every bootstrap address is this server itself"))
		assert.Equal(t, 1, strings.Count(w.log.String(), "WARN"))
	})
}

func TestPortsOfARangeAreTriedInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newNetwork()
		w.isSelf("a:9800")
		w.joins("a:9802")
		w.loop(t, discovery.Policy{}, portRange(t, "a"))
		synctest.Wait()
		assert.Equal(t, []string{"0s a:9800", "0s a:9801", "0s a:9802"}, w.took())
	})
}

// portRange is a seed with the ports 9800 to 9803 of host.
func portRange(t *testing.T, host string) (s discovery.Seed) {
	for _, p := range seedsOf(t, host+":9800", host+":9801", host+":9802", host+":9803") {
		s.Addrs = append(s.Addrs, p.Addrs...)
	}
	return s
}

func TestUnreachableSeedsAreAWarningAfterHalfAMinute(t *testing.T) {
	for name, p := range map[string]discovery.Policy{"many walks": {Retries: 1000}, "one long pause": {Retries: 2, Delay: time.Hour}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newNetwork()
				w.loop(t, p, seedsOf(t, "a")...)
				time.Sleep(30*time.Second - 1)
				assert.Equal(t, 1, strings.Count(w.log.String(), "\n"))
				assert.Contains(t, w.log.String(), `level=INFO msg="no bootstrap server reachable yet; waiting for peers and retrying" retry_in=1s tried="10.0.0.97:9800 (connection refused)"`)
				time.Sleep(time.Minute)
				synctest.Wait()
				assert.Equal(t, 2, strings.Count(w.log.String(), "\n"))
				assert.Contains(t, w.log.String(), `level=WARN msg="still no bootstrap server reachable; check the addresses in --bootstrap or client.ncconf, and the firewall for their TCP ports" retry_in=`)
			})
		})
	}
}

func TestAWarningIsNotRepeatedUntilItChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newNetwork()
		w.loop(t, discovery.Policy{Retries: 1000}, seedsOf(t, "a")...)
		time.Sleep(time.Minute)
		w.answer("a:9800", func(context.Context) (string, error) {
			return "", fmt.Errorf("not a mesh node:\n  it speaks %s", strings.Repeat("another protocol ", 100))
		})
		time.Sleep(time.Minute)
		synctest.Wait()
		lines := strings.Split(strings.TrimSpace(w.log.String()), "\n")
		require.Len(t, lines, 3)
		assert.Contains(t, lines[1], "(connection refused)")
		assert.Contains(t, lines[2], "(not a mesh node: it speaks another protocol")
		assert.Less(t, len(lines[2]), 450)
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
			case i == 2: // after the second round
				least, most = gap, gap
			case i > 2:
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
			time.Sleep(3500 * time.Millisecond)
			synctest.Wait()
			require.NoError(t, l.Close())
			var hosts []string
			for _, d := range w.took() {
				_, host, _ := strings.Cut(d, " ")
				hosts = append(hosts, host)
			}
			require.Len(t, hosts, 20)
			assert.Equal(t, hosts[10:15], hosts[15:])
			return hosts[10:15]
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
