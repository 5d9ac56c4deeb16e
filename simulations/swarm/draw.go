package swarm

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/signalmesh/signalmesh/simulations/scenario"
)

const (
	// maxDeliveries bounds the deliveries that the loads of a drawn scenario cause, and
	// maxBytes the payload in them. They bound the time that a run takes.
	maxDeliveries = 60_000
	maxBytes      = 64 << 20
	// quietTime is the time from the end of the last fault to the end of the run. It is
	// long enough for virtual.Run to check that the mesh has recovered.
	quietTime = 100 * time.Second
)

// A drawer makes the decisions for one scenario.
type drawer struct {
	r *rand.Rand
	s scenario.Scenario
}

// Draw returns the text of the scenario file that belongs to a seed. Seeds count from 1.
func Draw(seed uint64) ([]byte, error) {
	d := drawer{r: rand.New(rand.NewPCG(seed, 0x5a4d)), s: scenario.Scenario{Name: fmt.Sprintf("swarm-%d", seed), Seed: seed}}
	d.s.Warmup = d.seconds(4, 20)
	d.s.Duration = d.seconds(5, 60)
	d.network()
	d.regions()
	d.mesh()
	d.faults() // before the applications: servers that join count as receivers
	d.applications()
	d.drain()
	return yaml.Marshal(d.s)
}

// chance reports true with a probability of p.
func (d *drawer) chance(p float64) bool { return d.r.Float64() < p }

// between returns a whole number from low to high.
func (d *drawer) between(low, high int) int { return low + d.r.IntN(high-low+1) }

// seconds returns a time from low to high seconds, in steps of 100 ms.
func (d *drawer) seconds(low, high int) scenario.Duration {
	return scenario.Duration(time.Duration(d.between(10*low, 10*high)) * 100 * time.Millisecond)
}

// one returns one of several values.
func one[T any](d *drawer, of ...T) T { return of[d.r.IntN(len(of))] }

func ptr[T any](v T) *T { return &v }

// network draws the paths that no region or link changes.
func (d *drawer) network() { d.s.Network = d.paths(0.5) }

// paths draws each property of paths with a probability of p.
func (d *drawer) paths(p float64) (n scenario.Network) {
	if d.chance(p) {
		n.Latency = ptr(d.latency())
	}
	if d.chance(p / 2) {
		n.Jitter = ptr(scenario.Duration(time.Duration(d.between(1, 40)) * time.Millisecond))
	}
	if d.chance(p / 2) {
		n.Loss = ptr(one[scenario.Share](d, 0.001, 0.005, 0.01, 0.03, 0.1))
	}
	if d.chance(p / 4) {
		n.Bandwidth = ptr(one[scenario.Bandwidth](d, 5e6, 20e6, 100e6, 10e9))
	}
	return n
}

func (d *drawer) latency() scenario.Range {
	low := one(d, 50*time.Microsecond, time.Millisecond, 5*time.Millisecond, 40*time.Millisecond, 120*time.Millisecond)
	return scenario.Range{Min: low, Max: low * time.Duration(d.between(1, 3))}
}

// regions draws the servers: mostly few, since more only repeat what a few do.
func (d *drawer) regions() {
	servers := d.between(2, 9)
	switch {
	case d.chance(0.05):
		servers = d.between(25, 60)
	case d.chance(0.35):
		servers = d.between(10, 30)
	}
	count := min(servers, one(d, 1, 1, 2, 3, 4))
	for i := range count {
		n := 1
		if left := servers - (count - i); i == count-1 {
			n = servers
		} else if left > 0 {
			n = 1 + d.r.IntN(left+1)
		}
		servers -= n
		d.s.Regions = append(d.s.Regions, scenario.Region{Name: string(rune('a' + i)), Nodes: n, Network: d.paths(0.2)})
	}
	for i := range count {
		for j := range i {
			if d.chance(0.5) {
				d.s.Links = append(d.s.Links, scenario.Link{Between: []string{d.s.Regions[j].Name, d.s.Regions[i].Name}, Network: d.paths(0.7)})
			}
		}
	}
}

// mesh draws the settings of the servers. Half of the scenarios have the program's own.
func (d *drawer) mesh() {
	m := &d.s.Mesh
	if d.chance(0.5) {
		return
	}
	if d.chance(0.3) {
		m.Degree = d.between(2, 8)
	}
	if d.chance(0.2) {
		m.FloodPublish = ptr(false)
	}
	if d.chance(0.5) { // a mesh may be too large to be linked fully
		m.Direct = one(d, 16, 20) // 4 or 5 links each: with 2, a mesh may fall apart
	}
	if d.chance(0.4) {
		m.ReplayAge = one(d, d.seconds(5, 20), d.seconds(20, 100))
	}
	if d.chance(0.3) {
		m.ReplayBytes = one[scenario.Size](d, 16<<10, 256<<10, 4<<20)
	}
	if d.chance(0.3) {
		m.Backlog = one[scenario.Size](d, 16<<10, 128<<10, 1<<20)
	}
	if d.chance(0.2) {
		m.SuspectAfter = d.seconds(2, 5)
		m.GoneAfter = m.SuspectAfter + d.seconds(0, 15)
	}
}

// drain draws the end: quietTime after what happened last, or, in some scenarios, in
// the middle of it.
func (d *drawer) drain() {
	if d.chance(0.1) {
		d.s.Drain = d.seconds(1, 30)
		return
	}
	last := d.s.Duration
	for _, f := range d.s.Faults {
		if f.For > 0 {
			last = max(last, f.At+f.For)
		} else if f.Do == scenario.RollingRestart {
			last = max(last, f.At+scenario.Duration(d.s.Nodes())*f.Every)
		}
	}
	d.s.Drain = last - d.s.Duration + scenario.Duration(quietTime)
}

// applications draws what runs on the servers, in all about maxDeliveries deliveries.
func (d *drawer) applications() {
	count := one(d, 1, 1, 1, 2, 3)
	for i := range count {
		a := scenario.Application{Name: fmt.Sprintf("app%d", i+1)}
		if d.chance(0.3) {
			a.Nodes = d.some(2)
		}
		if d.chance(0.6) {
			a.Groups = scenario.Groups{Count: d.between(1, 40), Servers: float64(d.between(1, 5)), Popularity: one(d, scenario.Uniform, scenario.Zipf)}
		}
		if d.chance(0.3) {
			a.Clients = d.between(2, 6)
		}
		for range d.between(1, 3) {
			a.Load = append(a.Load, d.load(a, count))
		}
		d.s.Applications = append(d.s.Applications, a)
	}
	if slices.ContainsFunc(d.s.Faults, func(f scenario.Fault) bool { return f.Do == scenario.JoinAct }) {
		d.s.Applications[0].Nodes = nil // a server that joins runs something
	}
}

// load draws a stream of messages of an application.
func (d *drawer) load(a scenario.Application, apps int) scenario.Load {
	l := scenario.Load{To: one(d, scenario.Broadcast, scenario.User, scenario.Connection)}
	if a.Groups.Count > 0 && d.chance(0.5) {
		l.To = scenario.Group
	}
	l.Size = one(d, scenario.Sizes{}, scenario.Sizes{Min: 8, Max: 100}, scenario.Sizes{Min: 1000, Max: 5000})
	if d.chance(0.15) {
		l.Size = scenario.Sizes{Min: 40_000, Max: scenario.Size(d.between(60_000, 600_000))}
	}
	if d.chance(0.3) {
		l.Burst = one(d, 5, 50, 500)
	}
	if d.chance(0.2) {
		l.At = d.moment(d.s.Duration)
	}
	if d.chance(0.2) {
		l.For = d.seconds(1, 20)
	}
	if len(a.Nodes) == 0 && d.chance(0.2) {
		l.Publishers = d.some(1)
	}
	receivers := 1.0
	if l.To == scenario.Broadcast {
		receivers = float64(d.s.Nodes() + len(d.s.Joins()))
	}
	l.Rate = d.rate(receivers, float64(max(l.Size.Max, 256)), apps)
	if d.chance(0.2) {
		l.Arrivals = scenario.Even
	}
	switch {
	case d.chance(0.1):
		l.Ramp = d.rate(receivers, float64(max(l.Size.Max, 256)), apps)
	case d.chance(0.1):
		l.Trace = []scenario.RatePoint{{Rate: l.Rate}, {At: d.seconds(1, 3), Rate: l.Rate / 4}, {At: d.seconds(4, 10), Rate: l.Rate}}
		l.Rate = 0
	}
	return l
}

// rate draws messages a second for so many receivers of so many bytes.
func (d *drawer) rate(receivers, bytes float64, parts int) float64 {
	most := min(maxDeliveries, maxBytes/bytes) / receivers / d.s.Duration.D().Seconds() / float64(parts) / 3
	rate := min(most, one(d, 1.0, 10, 50, 200, 1000))
	return max(0.1, float64(int(rate*10))/10)
}
