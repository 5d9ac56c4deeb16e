package virtual

import (
	"slices"
	"time"

	"github.com/signalmesh/signalmesh/simulations/result"
)

// A mark is a time at which the traffic between regions is noted.
type mark int

const (
	loadBegins mark = iota
	loadEnds
	idleBegins // half of drain is over
	idleEnds
	markCount
)

// planMarks has the traffic noted when the load begins and ends, and while nothing is
// published.
func (w *world) planMarks() {
	end := w.begin + w.s.Duration.D()
	for m, at := range [...]time.Duration{w.begin, end, end + w.s.Drain.D()/2, end + w.s.Drain.D() - 1} {
		w.at(at, nil, note, mark(m))
	}
}

func note(w *world, arg any) {
	w.collect()
	w.marks[arg.(mark)] = slices.Clone(w.between)
}

// collect charges the hosts for all messages of the topics.
func (w *world) collect() {
	for _, t := range w.topics {
		for _, tr := range t.inOrder() {
			tr.collect(w)
		}
	}
}

// inOrder are the trees of a topic by the numbers of their authors, so that sums are the
// same in every run.
func (t *topic) inOrder() []*tree {
	trees := make([]*tree, 0, len(t.trees))
	for _, s := range t.seats {
		if tr := t.trees[s]; tr != nil {
			trees = append(trees, tr)
		}
	}
	return trees
}

// fillTraffic fills in the traffic between regions.
func (w *world) fillTraffic(r *result.Result) {
	length := w.s.Drain.D().Seconds() / 2
	for i := range r.Traffic {
		t := &r.Traffic[i]
		if w.marks[loadEnds] == nil {
			return
		}
		t.Bytes = uint64(w.marks[loadEnds][i] - w.marks[loadBegins][i])
		if quiet := w.marks[idleEnds]; quiet != nil && length >= 1 {
			t.IdleBitsPerSecond = 8 * (quiet[i] - w.marks[idleBegins][i]) / length
		}
	}
}

// fillUse fills in the utilisation of the lines and the bottleneck.
func (w *world) fillUse(r *result.Result) {
	length := w.s.Duration.D()
	for i := range r.Servers {
		s := &r.Servers[i]
		h := w.hostOf(s.Name)
		capacity := 8e9 / h.full
		s.Up, s.Down = h.up.meter.Use(capacity, length), h.downMeter.Use(capacity, length)
	}
	for i := range w.used {
		if p := &w.used[i]; p.Connections > 0 {
			r.Paths = append(r.Paths, *p)
		}
	}
	r.Bottleneck = r.Narrowest()
}

// meterPipes adds the utilisation of a connection that has a limited bandwidth. It is called once for
// each, when it ends or the run does.
func (w *world) meterPipes(c *conn) {
	n := len(w.s.Regions)
	for i := range c.pipes {
		limit := c.paths[i].limit
		if limit == 0 {
			continue
		}
		if w.used == nil {
			w.used = make([]result.Path, n*n)
		}
		from, to := c.ends[i].host, c.ends[1-i].host
		p := &w.used[from.region*n+to.region]
		p.From, p.To = w.s.Regions[from.region].Name, w.s.Regions[to.region].Name
		p.Connections++
		if u := c.pipes[i].meter.Use(limit, w.s.Duration.D()); p.Connections == 1 || u.Peak > p.Busiest.Peak {
			p.Busiest, p.Name = u, from.Name+" to "+to.Name
		}
	}
}
