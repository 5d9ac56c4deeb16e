package scenario

// An Expect lists the figures that a run has to achieve. Each key is one expectation; the run fails if one
// is not met, or if its figure was not measured.
type Expect struct {
	// P99 is the time in which 99 of 100 deliveries have to arrive.
	P99 Duration `yaml:"p99,omitempty" json:"p99,omitempty"`
	// Delivered is the least share of the wanted deliveries that has to arrive. Deliveries
	// that were not offered because a server was down are wanted too.
	Delivered Share `yaml:"delivered,omitempty" json:"delivered,omitempty"`
	// Detect is how long it may take at most until every other server counts a server that
	// cannot be reached as gone.
	Detect Duration `yaml:"detect,omitempty" json:"detect,omitempty"`
	// Heal is how long after its end the last delivery that a fault delayed may arrive.
	Heal Duration `yaml:"heal,omitempty" json:"heal,omitempty"`
	// Bytes is how much a server may send in a second, on average over all servers and
	// the time of the load.
	Bytes Size `yaml:"bytes,omitempty" json:"bytes,omitempty"`
	// Utilisation is the largest share of its bandwidth that any line may use in its busiest
	// second.
	Utilisation Share `yaml:"utilisation,omitempty" json:"utilisation,omitempty"`
}

// expect checks what Complete cannot refuse by its type.
func (c *checker) expect(e Expect) {
	switch {
	case e.Detect > 0 && len(c.s.Faults) == 0:
		c.wrong("$.expect.detect", "no fault makes a server unreachable, so nothing will be detected; add one to faults or take detect out")
	case e.Heal > 0 && len(c.s.Faults) == 0:
		c.wrong("$.expect.heal", "no fault ends, so nothing will heal; add one to faults or take heal out")
	}
}
