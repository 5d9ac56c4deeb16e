package measure

import (
	"context"
	"fmt"

	"github.com/signalmesh/signalmesh/simulations/stack"
	"github.com/signalmesh/signalmesh/simulations/virtual"
)

// Compare runs a case in both modes and as real processes, one after the other, and returns
// a row for each of its figures. It needs Linux and root, and takes as long as the scenario.
func Compare(ctx context.Context, c Case) ([]Row, error) {
	seconds := c.Duration.D().Seconds()
	core, err := virtual.Run(ctx, c.Scenario, nil)
	if err != nil {
		return nil, fmt.Errorf("%s in core mode: %w", c.Name, err)
	}
	whole, err := stack.Run(ctx, c.Scenario, nil)
	if err != nil {
		return nil, fmt.Errorf("%s in stack mode: %w", c.Name, err)
	}
	measured, err := processes(ctx, c.Scenario)
	if err != nil {
		return nil, fmt.Errorf("%s as processes: %w", c.Name, err)
	}
	var rows []Row
	for _, f := range c.Figures {
		rows = append(rows, row(c.Name, f, of(core, seconds), of(whole, seconds), measured))
	}
	return rows, nil
}
