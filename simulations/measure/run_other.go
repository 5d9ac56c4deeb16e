//go:build !linux

package measure

import (
	"context"
	"errors"
	"time"

	"github.com/signalmesh/signalmesh/simulations/scenario"
)

// Child does nothing: there are no measurements on this system.
func Child() {}

func processes(context.Context, scenario.Scenario) (Figures, []time.Duration, error) {
	return nil, nil, errors.New("measurements need the network namespaces of Linux; run this on Linux as root")
}
