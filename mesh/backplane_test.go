package mesh_test

import (
	"testing"

	"github.com/signalmesh/signalmesh/mesh"
	"github.com/signalmesh/signalmesh/signalr"
	"github.com/signalmesh/signalmesh/signalr/backplanetest"
)

var _ signalr.Backplane = (*mesh.Topic)(nil)

func openBackplanes(t *testing.T, n int) []signalr.Backplane {
	var backplanes []signalr.Backplane
	for _, topic := range openTopics(t, n) {
		backplanes = append(backplanes, topic)
	}
	return backplanes
}

func TestATopicKeepsThePromisesOfABackplane(t *testing.T) { backplanetest.Run(t, openBackplanes) }

func TestTheOfficialSpecificationHoldsOnAMesh(t *testing.T) { backplanetest.RunSpec(t, openBackplanes) }
