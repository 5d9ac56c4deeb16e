package core

// channelCost is about what a channel name costs besides its bytes.
const channelCost = 64

// channels is a set of channel names. It counts its bytes, since peers fill it.
type channels struct {
	names map[string]struct{}
	bytes int
}

func newChannels() *channels { return &channels{names: map[string]struct{}{}} }

func (c *channels) has(name string) bool {
	_, ok := c.names[name]
	return ok
}

// add reports whether name is new.
func (c *channels) add(name string) bool {
	if c.has(name) {
		return false
	}
	c.names[name] = struct{}{}
	c.bytes += len(name) + channelCost
	return true
}

// remove reports whether name was there.
func (c *channels) remove(name string) bool {
	if !c.has(name) {
		return false
	}
	delete(c.names, name)
	c.bytes -= len(name) + channelCost
	return true
}
