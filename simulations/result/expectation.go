package result

// An Expectation is one line of a scenario's expect, with the measured figure.
type Expectation struct {
	Name     string  `json:"name"`     // the key: "p99"
	Figure   string  `json:"figure"`   // the figure in words: "delivery p99"
	AtLeast  bool    `json:"at_least"` // Want is the least; otherwise it is the most
	Want     float64 `json:"want"`
	Measured float64 `json:"measured"`          // 0 if Missing
	Unit     string  `json:"unit"`              // of both: "ms", "%" or "B/s"
	Missing  string  `json:"missing,omitempty"` // why nothing was measured; it does not hold then
	OK       bool    `json:"ok"`
}
