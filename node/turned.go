package node

// turnedAway returns how many connections the node has ended or refused at the Redis
// endpoints and at the peers' port, by where and why; nil if there are none. The names
// are those of the metrics.
func (n *Node) turnedAway() map[string]uint64 {
	var all map[string]uint64
	add := func(where string, counts map[string]uint64) {
		for why, count := range counts {
			if count == 0 {
				continue
			}
			if all == nil {
				all = map[string]uint64{}
			}
			all[where+" "+why] += count
		}
	}
	for _, a := range n.applications() {
		if a.door != nil {
			add("redis", a.door.Ended())
		}
	}
	add("peers", n.mesh.Unadmitted())
	return all
}
