package core

// maxGraves is how many lives are remembered that have ended.
const maxGraves = 4096

// graves remember lives that have ended: how far they had counted on the topic, so
// that what somebody repeats of them is told from their coming back; and where the
// numbers stood between them and us, in case they lived after all.
type graves struct {
	lives map[uint64]grave // by epoch
	order []uint64         // epochs, the first to be forgotten first
}

type grave struct {
	over      bool // it said goodbye, or there is another: it cannot come back
	announced uint64
	next      uint64 // of what it was offered
	in        inflow
}

func (g *graves) dig(m *Member, over bool) {
	epoch := m.record.Epoch
	if _, again := g.lives[epoch]; !again {
		g.order = append(g.order, epoch)
	}
	in := m.in
	in.held, in.parts, in.bytes = nil, nil, 0
	g.lives[epoch] = grave{over: over, announced: max(m.announced, g.lives[epoch].announced), next: m.out.next, in: in}
	if len(g.order) > maxGraves {
		delete(g.lives, g.order[0])
		g.order = g.order[1:]
	}
}

// resurrect gives m, which joins, the numbers of its life if it has been here before.
// One number is left out, so that m is told that it missed something.
func (g *graves) resurrect(m *Member) {
	grave, ok := g.lives[m.record.Epoch]
	if !ok {
		return
	}
	next := grave.next + 1
	m.out.base, m.out.sent, m.out.next = next, next, next
	m.out.lost++
	m.in = grave.in
	m.announced = grave.announced
}
