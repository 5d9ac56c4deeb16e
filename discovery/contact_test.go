package discovery_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/discovery"
)

// verdict returns the present verdict of l.
func verdict(l *discovery.Loop) string {
	c, _ := l.Contact()
	return c.Verdict.String()
}

// reasons returns the present reasons of l.
func reasons(l *discovery.Loop) []string {
	c, _ := l.Contact()
	return c.Reasons
}

func TestContactDialsEverySeed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newNetwork()
		w.joins("b:9800")
		w.silent("c:9800")
		l := w.loop(t, discovery.Policy{}, seedsOf(t, "a", "b", "c")...)
		synctest.Wait()
		assert.ElementsMatch(t, []string{"0s a:9800", "0s b:9800", "0s c:9800"}, w.took())
		assert.Equal(t, "searching", verdict(l), "a dial has not ended")
		time.Sleep(5 * time.Second)
		synctest.Wait()
		assert.Equal(t, "met", verdict(l))
		assert.True(t, closed(l.FirstRound()))
		assert.Equal(t, 1, strings.Count(w.log.String(), "level=INFO msg=\"seed answered\""))
	})
}

func TestContactDialsEightAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newNetwork()
		var names []string
		for c := 'a'; c < 'a'+20; c++ {
			names = append(names, string(c))
			w.silent(string(c) + ":9800")
		}
		w.loop(t, discovery.Policy{DialTimeout: 2 * time.Second}, seedsOf(t, names...)...)
		time.Sleep(5 * time.Second)
		synctest.Wait()
		counts := map[string]int{}
		for at := range strings.FieldsSeq(times(w.took())) {
			counts[at]++
		}
		assert.Equal(t, map[string]int{"0s": 8, "2s": 8, "4s": 4}, counts)
	})
}

func TestASecondRoundMeetsWhoStartsWithinASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newNetwork()
		l := w.loop(t, discovery.Policy{Retries: 1, Interval: time.Hour}, seedsOf(t, "a", "b")...)
		time.Sleep(999 * time.Millisecond)
		w.joins("b:9800")
		assert.Equal(t, "searching", verdict(l))
		_, changed := l.Contact()
		<-changed
		assert.Equal(t, "met", verdict(l))
		assert.Equal(t, time.Second, time.Since(w.start))
	})
}

func TestContactEndsAlone(t *testing.T) {
	for name, c := range map[string]struct {
		seeds []string
		after time.Duration
	}{
		"nobody answers in two rounds": {[]string{"a", "b"}, time.Second},
		"no seeds":                     {nil, 0},
		"every address is our own":     {[]string{"s"}, 0},
		"our own and a dead one":       {[]string{"s", "a"}, time.Second},
		"a silent one, twice":          {[]string{"x"}, 5 * time.Second},
		"the time is up":               {[]string{"x", "y", "a"}, 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newNetwork()
				w.isSelf("s:9800")
				w.silent("x:9800")
				w.silent("y:9800")
				l := w.loop(t, discovery.Policy{DialTimeout: 2 * time.Second}, seedsOf(t, c.seeds...)...)
				<-l.FirstRound()
				assert.Equal(t, "alone", verdict(l))
				assert.Equal(t, c.after, time.Since(w.start))
			})
		})
	}
}

func TestContactEndsAtItsTimeout(t *testing.T) {
	for want, last := range map[string]func(w *network){
		"alone":   func(w *network) { w.silent("c:9800") },
		"met":     func(w *network) { w.member("c:9800") },
		"refused": func(w *network) { w.refuses("c:9800", "wrong password") },
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newNetwork()
			w.silent("a:9800")
			last(w)
			l := w.loop(t, discovery.Policy{DialTimeout: time.Hour}, seedsOf(t, "a", "c")...)
			time.Sleep(discovery.DefaultContactTimeout - 1)
			assert.Equal(t, "searching", verdict(l))
			time.Sleep(time.Nanosecond)
			synctest.Wait()
			assert.Equal(t, want, verdict(l))
			require.NoError(t, l.Close())
		})
	}
}

func TestRefusedByEverySeedThatAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newNetwork()
		w.refuses("a:9800", "unknown user or wrong password")
		w.isSelf("s:9800")
		l := w.loop(t, discovery.Policy{}, seedsOf(t, "a", "b", "s")...)
		synctest.Wait()
		assert.Equal(t, "refused", verdict(l))
		assert.Equal(t, []string{"refused by 10.0.0.97:9800: unknown user or wrong password"}, reasons(l))
		assert.False(t, closed(l.FirstRound()))
		assert.Contains(t, w.log.String(), `level=WARN msg="every bootstrap server that answered refused this server; correct the settings, this server retries by itself" retry_in=1s reasons="refused by 10.0.0.97:9800: unknown user or wrong password"`)

		w.answer("a:9800", nil)
		time.Sleep(2 * time.Second)
		assert.Equal(t, "refused", verdict(l), "its last answer was a refusal")
		assert.Len(t, reasons(l), 1)

		_, changed := l.Contact()
		w.refuses("a:9800", "another reason")
		<-changed
		assert.Equal(t, []string{"refused by 10.0.0.97:9800: another reason"}, reasons(l))

		_, changed = l.Contact()
		w.joins("b:9800")
		<-changed
		assert.Equal(t, "met", verdict(l))
		assert.Empty(t, reasons(l))
		assert.True(t, closed(l.FirstRound()))
	})
}

func TestAPeerThatConnectsEndsRefusedAndAlone(t *testing.T) {
	for _, before := range []string{"refused", "alone"} {
		synctest.Test(t, func(t *testing.T) {
			w := newNetwork()
			if before == "refused" {
				w.refuses("a:9800", "no")
			}
			l := w.loop(t, discovery.Policy{}, seedsOf(t, "a")...)
			time.Sleep(2 * time.Second)
			assert.Equal(t, before, verdict(l))
			_, changed := l.Contact()
			at := time.Now()
			w.setPeers(1)
			<-changed
			assert.Equal(t, "met", verdict(l))
			assert.Zero(t, time.Since(at))
			w.setPeers(0)
			time.Sleep(time.Minute)
			assert.Equal(t, "met", verdict(l), "met is final")
		})
	}
}

func TestAPeerThatConnectsIsMetDuringADial(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newNetwork()
		w.refuses("a:9800", "no")
		l := w.loop(t, discovery.Policy{}, seedsOf(t, "a")...)
		synctest.Wait()
		w.silent("a:9800")
		time.Sleep(1500 * time.Millisecond) // in the first walk
		assert.Equal(t, "refused", verdict(l))
		w.setPeers(1)
		synctest.Wait()
		assert.Equal(t, "met", verdict(l))
	})
}

func TestOneMemberOutweighsRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newNetwork()
		w.refuses("a:9800", "no")
		w.member("b:9800") // of another application of this node: the mesh does not count it
		l := w.loop(t, discovery.Policy{}, seedsOf(t, "a", "b")...)
		synctest.Wait()
		assert.Equal(t, "met", verdict(l))
	})
}

func TestAloneStaysAloneWhenSeedsRefuseLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newNetwork()
		l := w.loop(t, discovery.Policy{}, seedsOf(t, "a")...)
		<-l.FirstRound()
		w.refuses("a:9800", "no")
		time.Sleep(5 * time.Second)
		assert.Equal(t, "alone", verdict(l))
		assert.Equal(t, []string{"refused by 10.0.0.97:9800: no"}, reasons(l))
	})
}

func TestReasonsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newNetwork()
		var names []string
		for c := 'a'; c <= 'y'; c++ {
			names = append(names, string(c))
			w.refuses(string(c)+":9800", strings.Repeat("x", 1000))
		}
		l := w.loop(t, discovery.Policy{}, seedsOf(t, names...)...)
		synctest.Wait()
		list := reasons(l)
		require.Len(t, list, 21)
		assert.Equal(t, "and 5 more", list[20])
		for _, r := range list {
			assert.LessOrEqual(t, len(r), 300)
		}
	})
}

func TestSeedsTellTheLastDialOfEachAddress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newNetwork()
		w.name("nodes.test", "s", "b", "c", "2001:db8::1")
		w.isSelf("s:9800")
		w.member("b:9800")
		w.refuses("c:9800", "no")
		l := w.loop(t, discovery.Policy{}, seedsOf(t, "nodes.test", "gone.test:1", "a")...)
		synctest.Wait()
		var got []string
		for _, s := range l.Seeds() {
			got = append(got, s.Seed+" "+s.Lookup)
			for _, a := range s.Addrs {
				assert.Equal(t, w.start, a.Tried)
				got = append(got, strings.TrimSpace(fmt.Sprintln(a.Address, a.Outcome, a.Peer, a.Reason)))
			}
		}
		assert.Equal(t, []string{
			"nodes.test:9800 ",
			"10.0.0.115:9800 self", "10.0.0.98:9800 member peer of b:9800", "10.0.0.99:9800 refused  no", "[2001:db8::1]:9800 unreachable  connection refused",
			"gone.test:1 no such host",
			"10.0.0.97:9800 ", "10.0.0.97:9800 unreachable  connection refused",
		}, got)
	})
}

func TestCloseEndsContact(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newNetwork()
		w.answer("a:9800", func(ctx context.Context) (string, error) { <-ctx.Done(); return "", ctx.Err() })
		l := w.loop(t, discovery.Policy{}, seedsOf(t, "a")...)
		synctest.Wait()
		require.NoError(t, l.Close())
		require.NoError(t, l.Close())
		assert.Equal(t, w.start, time.Now())
		assert.Equal(t, "searching", verdict(l))
		assert.False(t, closed(l.FirstRound()))
		assert.Empty(t, w.log.String())
		assert.Equal(t, discovery.OutcomeUntried, l.Seeds()[0].Addrs[0].Outcome)
	})
}

func TestOutcomesSurviveJSON(t *testing.T) {
	for o := discovery.OutcomeUntried; o <= discovery.OutcomeUnreachable; o++ {
		text, err := o.MarshalText()
		require.NoError(t, err)
		var got discovery.Outcome
		require.NoError(t, got.UnmarshalText(text))
		assert.Equal(t, o, got)
	}
	var o discovery.Outcome
	assert.Error(t, o.UnmarshalText([]byte("other")))
}
