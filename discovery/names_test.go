package discovery_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/discovery"
)

// orders returns list in every order.
func orders(list ...string) (all [][]string) {
	if len(list) <= 1 {
		return [][]string{list}
	}
	for i := range list {
		for _, rest := range orders(slices.Delete(slices.Clone(list), i, i+1)...) {
			all = append(all, append([]string{list[i]}, rest...))
		}
	}
	return all
}

// hostsOf are the hosts of dials without duplicates, sorted.
func hostsOf(dials []string) []string {
	var hosts []string
	for _, d := range dials {
		_, addr, _ := strings.Cut(d, " ")
		hosts = append(hosts, addr)
	}
	slices.Sort(hosts)
	return slices.Compact(hosts)
}

// A headless service, or Compose with --scale: one name with the addresses of all
// servers, with that of this server, in every order.
func TestOneNameForAllServersInEveryOrder(t *testing.T) {
	for _, order := range orders("s", "a", "b") {
		t.Run(strings.Join(order, ""), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newNetwork()
				w.name("nodes.test", order...)
				w.isSelf("s:9800")
				w.joins("a:9800")
				w.joins("b:9800")
				l := w.loop(t, discovery.Policy{}, seedsOf(t, "nodes.test")...)
				synctest.Wait()
				assert.Equal(t, "met", verdict(l))
				assert.Equal(t, []string{"a:9800", "b:9800", "s:9800"}, hostsOf(w.took()))
				assert.NotContains(t, w.log.String(), "WARN")
			})
		})
	}
}

// The first pod of a service finds only itself. The others come later, one at a time.
func TestANameWithOnlyOurAddressIsLookedUpAgain(t *testing.T) {
	for _, order := range orders("s", "a") {
		synctest.Test(t, func(t *testing.T) {
			w := newNetwork()
			w.name("nodes.test", "s")
			w.isSelf("s:9800")
			l := w.loop(t, discovery.Policy{}, seedsOf(t, "nodes.test:9800")...)
			synctest.Wait()
			assert.Equal(t, "alone", verdict(l), "there is nobody to wait for")
			time.Sleep(time.Minute)
			assert.Equal(t, 1, strings.Count(w.log.String(), `level=WARN msg="no other member is listed: the bootstrap names have only addresses of this server; they are looked up again until another server is found" retry_in=1s names="nodes.test at 10.0.0.115:9800"`))
			assert.Equal(t, 1, strings.Count(w.log.String(), "WARN"))
			w.name("nodes.test", order...)
			w.joins("a:9800")
			time.Sleep(33 * time.Second)
			synctest.Wait()
			assert.Equal(t, "met", verdict(l))
		})
	}
}

// A name that does not exist yet, because no pod is published.
func TestANameThatAppearsLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newNetwork()
		l := w.loop(t, discovery.Policy{}, seedsOf(t, "nodes.test")...)
		time.Sleep(1500 * time.Millisecond)
		synctest.Wait()
		assert.Equal(t, "alone", verdict(l))
		assert.Empty(t, w.took())
		assert.Contains(t, w.log.String(), `level=INFO msg="no bootstrap server reachable yet; waiting for peers and retrying" retry_in=1s tried="nodes.test:9800 (no such host)"`)
		w.name("nodes.test", "a")
		w.joins("a:9800")
		time.Sleep(time.Second)
		synctest.Wait()
		assert.Equal(t, []string{"2s a:9800"}, w.took())
	})
}

// Pods get other addresses when they are replaced.
func TestAddressesOfANameChange(t *testing.T) {
	for _, order := range orders("s", "c", "d") {
		synctest.Test(t, func(t *testing.T) {
			w := newNetwork()
			w.name("nodes.test", "s", "a", "b")
			w.isSelf("s:9800")
			w.joins("a:9800")
			w.joins("b:9800")
			l := w.loop(t, discovery.Policy{}, seedsOf(t, "nodes.test")...)
			time.Sleep(10 * time.Second)
			w.took()
			w.answer("a:9800", nil)
			w.answer("b:9800", nil)
			w.name("nodes.test", order...)
			w.setPeers(0)
			time.Sleep(15 * time.Second)
			w.joins("d:9800")
			time.Sleep(30 * time.Second)
			synctest.Wait()
			n, _ := w.peers()
			assert.Equal(t, 1, n)
			assert.Subset(t, []string{"c:9800", "d:9800", "s:9800"}, hostsOf(w.took()), "nobody dials what left the name")
			var known []string
			for _, a := range l.Seeds()[0].Addrs {
				known = append(known, a.Address)
			}
			assert.ElementsMatch(t, []string{"10.0.0.115:9800", "10.0.0.99:9800", "10.0.0.100:9800"}, known)
		})
	}
}

// In the mesh, addresses of a name that never answered may lead to another part of it.
func TestInAMeshNewAddressesOfANameAreDialled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newNetwork()
		w.name("nodes.test", "s", "a", "b")
		w.isSelf("s:9800")
		w.joins("a:9800")
		w.loop(t, discovery.Policy{}, seedsOf(t, "nodes.test")...)
		synctest.Wait()
		w.took()
		w.name("nodes.test", "a", "b", "c")
		time.Sleep(2 * time.Second)
		synctest.Wait()
		assert.Equal(t, []string{"1s b:9800", "1s c:9800"}, w.took())
	})
}

// One server name in client.ncconf for the whole cluster, with candidate ports.
func TestEachAddressOfANameHasThePortsOfItsSeed(t *testing.T) {
	for _, order := range orders("s", "a", "b") {
		synctest.Test(t, func(t *testing.T) {
			w := newNetwork()
			w.name("nodes.test", order...)
			w.isSelf("s:9800")
			w.joins("a:9801")
			w.joins("b:9800")
			l := w.loop(t, discovery.Policy{Shuffle: true}, portRange(t, "nodes.test"))
			synctest.Wait()
			assert.Equal(t, "met", verdict(l))
			assert.Equal(t, []string{"a:9800", "a:9801", "b:9800", "s:9800", "s:9801", "s:9802", "s:9803"}, hostsOf(w.took()),
				"the ports of a host up to the first that answers")
		})
	}
}

// A virtual IP is this node's own until it moves to another server, and the reverse.
func TestAVirtualIPThatMoves(t *testing.T) {
	for _, given := range []string{"v", "vip.test"} {
		t.Run(given, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newNetwork()
				w.name("vip.test", "v")
				w.isSelf("v:9800")
				l := w.loop(t, discovery.Policy{}, seedsOf(t, given)...)
				synctest.Wait()
				assert.Equal(t, "alone", verdict(l))
				time.Sleep(5 * time.Minute)
				w.joins("v:9800") // it moves to a server that we do not know
				time.Sleep(time.Minute)
				assert.Equal(t, "met", verdict(l))

				w.isSelf("v:9800")
				w.setPeers(0)
				time.Sleep(5 * time.Minute)
				w.took()
				w.joins("v:9800")
				time.Sleep(time.Minute)
				n, _ := w.peers()
				assert.Equal(t, 1, n)
				assert.LessOrEqual(t, len(w.took()), 2)
			})
		})
	}
}

func TestAFailedLookupKeepsTheAddresses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newNetwork()
		w.name("nodes.test", "a")
		l := w.loop(t, discovery.Policy{}, seedsOf(t, "nodes.test")...)
		time.Sleep(1500 * time.Millisecond)
		w.name("nodes.test", "SERVFAIL")
		w.joins("a:9800")
		time.Sleep(time.Second)
		synctest.Wait()
		assert.Equal(t, "met", verdict(l))
		assert.Equal(t, "server misbehaving", l.Seeds()[0].Lookup)
		w.name("nodes.test")
		w.setPeers(0)
		w.took()
		synctest.Wait()
		assert.Empty(t, w.took(), "the name does not exist any more")
		assert.Empty(t, l.Seeds()[0].Addrs)
	})
}

func TestFamiliesOfNames(t *testing.T) {
	for seed, want := range map[string][]string{
		"/dns/nodes.test/tcp/1":   {"[2001:db8::1]:1", "a:1"},
		"/dns4/nodes.test/tcp/1":  {"a:1"},
		"/dns6/nodes.test/tcp/1":  {"[2001:db8::1]:1"},
		"/dns6/mapped.test/tcp/1": nil,
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newNetwork()
			w.name("nodes.test", "2001:db8::1", "a", "a")
			w.loop(t, discovery.Policy{}, seedsOf(t, seed)...)
			synctest.Wait()
			assert.Equal(t, want, hostsOf(w.took()))
		})
	}
}

func TestThePeerIDOfANameStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newNetwork()
		w.name("nodes.test", "fe80::1%eth0", "a", "0.0.0.0")
		var dialled []string
		l, err := discovery.New(discovery.Options{
			Seeds: seedsOf(t, "/dns/nodes.test/tcp/1/p2p/"+id), Resolver: w, Peers: w.peers,
			Dial: recordDials(&dialled),
		})
		require.NoError(t, err)
		synctest.Wait()
		require.NoError(t, l.Close())
		assert.ElementsMatch(t, []string{"/ip6zone/eth0/ip6/fe80::1/tcp/1/p2p/" + id, "/ip4/10.0.0.97/tcp/1/p2p/" + id}, dialled)
	})
}

func TestOneAddressOfTwoNamesIsDialledOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newNetwork()
		w.name("one.test", "a", "b")
		w.name("two.test", "b", "a")
		w.loop(t, discovery.Policy{}, seedsOf(t, "one.test", "two.test", "a")...)
		synctest.Wait()
		assert.ElementsMatch(t, []string{"0s a:9800", "0s b:9800"}, w.took())
	})
}

func TestANameHasABoundedNumberOfAddresses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newNetwork()
		var addrs []string
		for i := range 300 {
			addrs = append(addrs, fmt.Sprintf("10.1.%d.%d", i/100, i%100))
		}
		w.name("nodes.test", addrs...)
		w.loop(t, discovery.Policy{}, seedsOf(t, "nodes.test")...)
		time.Sleep(1500 * time.Millisecond)
		synctest.Wait()
		assert.Len(t, hostsOf(w.took()), 256)
		assert.Equal(t, 1, strings.Count(w.log.String(), `level=WARN msg="bootstrap name has too many addresses; the rest is not dialled" name=nodes.test addresses=300 dialled=256`))
	})
}
