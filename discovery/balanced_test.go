package discovery_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"

	"github.com/signalmesh/signalmesh/discovery"
)

func TestALoadBalancerIsDialledUntilNobodyNewAnswers(t *testing.T) {
	for _, c := range []struct {
		name    string
		most    int
		answers []string // in turn: a peer, "self" or "down"
		dials   int
		joined  bool
		verdict string // if it is not met
	}{
		{"round and round", 15, []string{"p1", "p2", "p3"}, 4, true, ""},
		{"at most so often", 2, []string{"p1", "p2", "p3"}, 2, true, ""},
		{"this node is behind it too", 15, []string{"self", "p1", "p2"}, 4, true, ""},
		{"one server is down", 15, []string{"p1", "down", "p2"}, 4, true, ""},
		{"all are down", 15, []string{"down"}, 2, false, "searching"},
		{"one refuses, one is down", 15, []string{"refuses", "down"}, 2, false, "refused"},
		{"only this node is behind it", 15, []string{"self"}, 2, false, "searching"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newNetwork()
				turn := 0
				w.name("lb.test", "l")
				w.answer("l:9800", func(context.Context) (string, error) {
					a := c.answers[turn%len(c.answers)]
					turn++
					switch a {
					case "self":
						return "", discovery.ErrSelf
					case "down":
						return "", errRefused
					case "refuses":
						return "", denial("no")
					}
					w.setPeers(1)
					return a, nil
				})
				s := seedsOf(t, "lb.test")[0]
				s.Balanced = c.most
				l := w.loop(t, discovery.Policy{}, s)
				synctest.Wait()
				assert.Len(t, w.took(), c.dials)
				n, _ := w.peers()
				assert.Equal(t, c.joined, n > 0)
				assert.Equal(t, map[bool]string{true: "met", false: c.verdict}[c.joined], verdict(l))
				if c.verdict == "searching" {
					assert.Contains(t, w.log.String(), "no bootstrap server reachable yet")
				}
			})
		})
	}
}
