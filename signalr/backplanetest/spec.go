package backplanetest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/signalmesh/signalmesh/signalr"
)

// RunSpec runs the official specification tests of lifetime managers, those for
// one server and those for scale-out with two and three, and a few of our own. A
// test that is official has that name, and clients of both hub protocols. open is
// as in Run.
//
// Where a test of .NET attaches fake connections to a manager, this one has real
// clients: a connection whose writes fail is one whose network was cut. Where it
// names a type of .NET, this one names Go's.
func RunSpec(t *testing.T, open func(t *testing.T, n int) []signalr.Backplane) {
	for _, c := range slices.Concat(single, singleResults) {
		t.Run(c.name, func(t *testing.T) { c.test(startSites(t, open, 1)) })
	}
	for _, n := range []int{2, 3} {
		for _, c := range slices.Concat(scaleOut, scaleOutResults, peers) {
			t.Run(fmt.Sprintf("%s/%dServers", c.name, n), func(t *testing.T) { c.test(startSites(t, open, n)) })
		}
	}
}

type specTest struct {
	name string
	test func(*sites)
}
