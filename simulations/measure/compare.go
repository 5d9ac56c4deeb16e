package measure

import (
	"context"
	"fmt"

	"github.com/signalmesh/signalmesh/simulations/stack"
	"github.com/signalmesh/signalmesh/simulations/virtual"
)

// A Comparison is a case in both modes and as real processes.
type Comparison struct {
	Rows []Row // one for each figure of the case
	// LateP50 and LateP99 are by how much packets were later than the scenario has them, in
	// milliseconds: the part of this machine in what was measured.
	LateP50, LateP99 float64
}

// Compare runs a case in both modes and as real processes, in sequence. It needs
// Linux and root, and takes as long as the scenario.
func Compare(ctx context.Context, c Case) (r Comparison, err error) {
	seconds := c.Duration.D().Seconds()
	core, err := virtual.Run(ctx, c.Scenario, nil)
	if err != nil {
		return r, fmt.Errorf("%s in core mode: %w", c.Name, err)
	}
	whole, err := stack.Run(ctx, c.Scenario, nil)
	if err != nil {
		return r, fmt.Errorf("%s in stack mode: %w", c.Name, err)
	}
	measured, late, err := processes(ctx, c.Scenario)
	if err != nil {
		return r, fmt.Errorf("%s as processes: %w", c.Name, err)
	}
	if len(late) > 0 {
		r.LateP50, r.LateP99 = at(late, 0.5), at(late, 0.99)
	}
	for _, f := range c.Figures {
		r.Rows = append(r.Rows, row(c.Name, f, of(core, seconds), of(whole, seconds), measured))
	}
	return r, nil
}
