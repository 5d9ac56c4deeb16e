package admission

// Addresses says how many addresses are remembered.
func (t *Throttle) Addresses() int { return len(t.addresses) }
