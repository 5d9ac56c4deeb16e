package core

// maxGraves is how many lives are remembered that have ended.
const maxGraves = 4096

// graves remember how far lives that have ended had counted on the topic, so that
// what somebody repeats of them is told from their coming back.
type graves struct {
	last  map[uint64]uint64 // by epoch
	order []uint64          // epochs, the first to be forgotten first
}

func (g *graves) dig(epoch, number uint64) {
	if _, again := g.last[epoch]; !again {
		g.order = append(g.order, epoch)
	}
	g.last[epoch] = max(g.last[epoch], number)
	if len(g.order) > maxGraves {
		delete(g.last, g.order[0])
		g.order = g.order[1:]
	}
}
