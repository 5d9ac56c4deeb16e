package redisbackplane_test

import (
	"testing"

	"github.com/signalmesh/signalmesh/signalr"
	"github.com/signalmesh/signalmesh/signalr/backplanetest"
	"github.com/signalmesh/signalmesh/signalr/redisbackplane"
)

var _ signalr.Backplane = (*redisbackplane.Backplane)(nil)

// opener opens backplanes on a Redis of the test's own.
func opener(t *testing.T, n int) []signalr.Backplane {
	r := startRedis(t)
	backplanes := make([]signalr.Backplane, n)
	for i := range backplanes {
		backplanes[i] = r.open()
	}
	return backplanes
}

// The suite has no faults in it: what Redis cannot promise is in outage_test.go.
func TestRedisKeepsThePromisesOfABackplaneWhileItIsUp(t *testing.T) { backplanetest.Run(t, opener) }

func TestTheOfficialSpecificationHoldsOnRedis(t *testing.T) { backplanetest.RunSpec(t, opener) }
