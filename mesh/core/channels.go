package core

import (
	"iter"
	"maps"
	"slices"
)

const (
	// channelCost is about what a channel name costs besides its bytes.
	channelCost = 64
	// fewChannels is up to how many names are kept in a list, which takes a tenth of
	// the memory of a table: most members of a large mesh want no more.
	fewChannels = 8
)

// channels is a set of channel names. It counts its bytes, since peers fill it. The
// zero value is empty.
type channels struct {
	few   []string            // all, in no order, if there are no more than fewChannels
	many  map[string]struct{} // otherwise
	bytes int
}

func (c *channels) len() int { return len(c.few) + len(c.many) }

// all are the names, in no order.
func (c *channels) all() iter.Seq[string] {
	if c.many != nil {
		return maps.Keys(c.many)
	}
	return slices.Values(c.few)
}

func (c *channels) has(name string) bool {
	if c.many != nil {
		_, ok := c.many[name]
		return ok
	}
	return slices.Contains(c.few, name)
}

// add reports whether name is new.
func (c *channels) add(name string) bool {
	switch {
	case c.has(name):
		return false
	case c.many != nil:
		c.many[name] = struct{}{}
	case len(c.few) < fewChannels:
		c.few = append(c.few, name)
	default:
		c.many = map[string]struct{}{name: {}}
		for _, n := range c.few {
			c.many[n] = struct{}{}
		}
		c.few = nil
	}
	c.bytes += len(name) + channelCost
	return true
}

// remove reports whether name was there.
func (c *channels) remove(name string) bool {
	if !c.has(name) {
		return false
	}
	if c.many != nil {
		delete(c.many, name)
	} else {
		c.few = slices.Delete(c.few, slices.Index(c.few, name), slices.Index(c.few, name)+1)
	}
	c.bytes -= len(name) + channelCost
	return true
}
