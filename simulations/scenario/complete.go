package scenario

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"
)

// MaxNodes is how many nodes a scenario may have, and MaxApplication how many of
// them one application: a node lets no more members in.
const (
	MaxNodes       = 20_000
	MaxApplication = 4096
)

// A FieldError says what is wrong with one field, and what to do.
type FieldError struct {
	Path string // "$.faults[2].nodes"
	Text string
}

func (e FieldError) Error() string {
	if len(e.Path) <= len("$.") {
		return e.Text
	}
	return e.Path[len("$."):] + ": " + e.Text
}

// Complete returns s with its defaults filled in, or every reason it makes no sense:
// FieldErrors, joined.
func (s Scenario) Complete() (Scenario, error) {
	s.Seed = cmp.Or(s.Seed, 1)
	s.Duration = cmp.Or(s.Duration, Duration(time.Minute))
	s.Warmup = cmp.Or(s.Warmup, Duration(10*time.Second))
	s.Drain = cmp.Or(s.Drain, Duration(20*time.Second))
	s.LateAfter = cmp.Or(s.LateAfter, Duration(time.Second))
	s.Network = s.Network.or(Network{
		Latency: &Range{200 * time.Microsecond, time.Millisecond}, Jitter: new(Duration), Loss: new(Share), Bandwidth: ptr(Bandwidth(1e9)),
	})
	s.Regions = slices.Clone(s.Regions)
	if len(s.Regions) == 0 {
		s.Regions = []Region{{Name: "lan", Nodes: 10}}
	}
	s.Applications = slices.Clone(s.Applications)
	if len(s.Applications) == 0 {
		s.Applications = []Application{{Name: "app", Load: []Load{{To: Broadcast, Rate: 10}}}}
	}
	for i, a := range s.Applications {
		s.Applications[i] = a.complete()
	}
	s.Mesh = s.Mesh.complete()
	s.Faults = slices.Clone(s.Faults)
	for i, f := range s.Faults {
		if f.Do.uses("down") {
			f.Down = cmp.Or(f.Down, Duration(time.Second))
		}
		if f.Do.uses("every") {
			f.Every = cmp.Or(f.Every, Duration(5*time.Second))
		}
		s.Faults[i] = f
	}
	if err := s.check(); err != nil {
		return s, err
	}
	for i, f := range s.Faults {
		s.Faults[i].Label = cmp.Or(f.Label, f.describe())
	}
	return s, nil
}

func ptr[T any](v T) *T { return &v }

// or fills what n leaves open from d.
func (n Network) or(d Network) Network {
	return Network{cmp.Or(n.Latency, d.Latency), cmp.Or(n.Jitter, d.Jitter), cmp.Or(n.Loss, d.Loss), cmp.Or(n.Bandwidth, d.Bandwidth)}
}

func (a Application) complete() Application {
	a.Clients = cmp.Or(a.Clients, 1)
	if a.Groups.Members == 0 {
		a.Groups.Servers = cmp.Or(a.Groups.Servers, 3)
	}
	a.Groups.Popularity = cmp.Or(a.Groups.Popularity, Uniform)
	a.Groups.Skew = cmp.Or(a.Groups.Skew, 1.1)
	a.Load = slices.Clone(a.Load)
	for i, l := range a.Load {
		if l.Size.IsZero() {
			a.Load[i].Size = Sizes{256, 256}
		}
		a.Load[i].Burst = cmp.Or(l.Burst, 1)
		a.Load[i].Arrivals = cmp.Or(l.Arrivals, Random)
	}
	return a
}

func (m Mesh) complete() Mesh {
	m.Degree = cmp.Or(m.Degree, 4)
	if m.FloodPublish == nil {
		m.FloodPublish = ptr(true)
	}
	m.Direct = cmp.Or(m.Direct, 256)
	m.ReplayAge = cmp.Or(m.ReplayAge, Duration(2*time.Minute))
	m.ReplayBytes = cmp.Or(m.ReplayBytes, 64<<20)
	m.Backlog = cmp.Or(m.Backlog, 16<<20)
	m.SuspectAfter = cmp.Or(m.SuspectAfter, Duration(3*time.Second))
	m.GoneAfter = cmp.Or(m.GoneAfter, Duration(10*time.Second))
	return m
}

// A checker gathers what is wrong.
type checker struct {
	s    *Scenario
	errs []error // the first ones
}

func (c *checker) wrong(path, format string, args ...any) {
	if len(c.errs) < maxErrors {
		c.errs = append(c.errs, FieldError{path, fmt.Sprintf(format, args...)})
	}
}

func (s *Scenario) check() error {
	c := &checker{s: s}
	if c.sizes(); len(c.errs) > 0 {
		return errors.Join(c.errs...)
	}
	c.regions()
	c.links()
	if len(c.errs) > 0 {
		return errors.Join(c.errs...) // what follows names regions and nodes
	}
	for i, a := range s.Applications {
		if slices.ContainsFunc(s.Applications[:i], func(o Application) bool { return o.Name == a.Name }) {
			c.wrong(fmt.Sprintf("$.applications[%d].name", i), "an earlier application is called %q; give each a name of its own", a.Name)
		}
		c.application(fmt.Sprintf("$.applications[%d]", i), a)
	}
	c.mesh(s.Mesh)
	c.expect(s.Expect)
	for i, f := range s.Faults {
		c.fault(fmt.Sprintf("$.faults[%d]", i), f)
	}
	return errors.Join(c.errs...)
}

func (c *checker) regions() {
	names := map[string]bool{}
	total := 0
	for i, r := range c.s.Regions {
		path := fmt.Sprintf("$.regions[%d]", i)
		switch {
		case r.Name == "" || names[r.Name]:
			c.wrong(path, "every region needs a name of its own; add name: or change %q", r.Name)
		case !regionName.MatchString(r.Name):
			c.wrong(path+".name", "%q would be taken for node numbers or several regions; begin with a letter, and use letters, digits, - and _ only", r.Name)
		case r.Nodes < 1:
			c.wrong(path, "region %q has no nodes; add nodes: 3, or take the region out", r.Name)
		}
		names[r.Name] = true
		total += max(0, r.Nodes)
	}
	if len(c.errs) == 0 && total < 2 {
		c.wrong("$.regions", "a mesh needs at least 2 nodes; raise nodes:")
	}
}

func (c *checker) links() {
	for i, l := range c.s.Links {
		path := fmt.Sprintf("$.links[%d]", i)
		if len(l.Between) != 2 {
			c.wrong(path, "a link is between two regions; write between: [a, b]")
		}
		if len(l.Between) == 2 && l.Between[0] == l.Between[1] {
			c.wrong(path+".between", "paths within %q are that region's; write latency and the rest there", l.Between[0])
		}
		if slices.ContainsFunc(c.s.Links[:i], l.same) {
			c.wrong(path+".between", "an earlier link has these two regions; make one of both")
		}
		for _, name := range l.Between {
			if !slices.ContainsFunc(c.s.Regions, func(r Region) bool { return r.Name == name }) {
				c.wrong(path+".between", "there is no region %q; the regions are %s", name, c.s.regionNames())
			}
		}
	}
}

// same tells whether l is between the regions of o.
func (l Link) same(o Link) bool {
	a, b := slices.Sorted(slices.Values(l.Between)), slices.Sorted(slices.Values(o.Between))
	return slices.Equal(a, b)
}

func (c *checker) application(path string, a Application) {
	nodes := c.selected(path+".nodes", a.Nodes)
	if n := len(nodes); n == 0 && len(c.errs) > 0 {
		return // what names no nodes has been told
	} else if n = len(c.s.Members(a)); n < 2 || n > MaxApplication {
		c.wrong(path, "an application runs on 2 to %d nodes, this one on %d; a node lets no more members in, so use several applications", MaxApplication, n)
	}
	if a.Name == "" {
		c.wrong(path, "the application has no name; add name: chat")
	}
	if a.Groups.Count < 0 || a.Groups.Count > 1_000_000 {
		c.wrong(path+".groups.count", "%d is not between 0 and 1000000", a.Groups.Count)
	}
	if p := a.Groups.Popularity; p != Uniform && p != Zipf {
		c.wrong(path+".groups.popularity", "%q is neither uniform nor zipf; write one of them", p)
	}
	switch {
	case a.Groups.Members < 0 || a.Groups.Members > 10_000_000:
		c.wrong(path+".groups.members", "%d is not between 1 and 10000000", a.Groups.Members)
	case a.Groups.Members > 0 && a.Groups.Servers > 0:
		c.wrong(path+".groups.members", "members and servers say the same; write one of them")
	case a.Groups.Members == 0 && a.Groups.Servers < 1:
		c.wrong(path+".groups.servers", "%v servers cannot have a group; write 1 or more", a.Groups.Servers)
	}
	if !(a.Groups.Skew > 0 && a.Groups.Skew <= 10) {
		c.wrong(path+".groups.skew", "%v is not above 0 and at most 10; 0.8 to 1.2 are usual", a.Groups.Skew)
	}
	if a.Clients < 1 || a.Clients > maxClients {
		c.wrong(path+".clients", "%d is not between 1 and %d", a.Clients, maxClients)
	}
	if all := a.Clients * max(1, len(c.s.Members(a))); all > allClients {
		c.wrong(path+".clients", "%d clients of all nodes together are more than %d; write fewer", all, allClients)
	}
	for i, l := range a.Load {
		c.load(fmt.Sprintf("%s.load[%d]", path, i), a, nodes, l)
	}
}

func (c *checker) load(path string, a Application, nodes []int, l Load) {
	if !slices.Contains(Classes[:4], l.To) {
		c.wrong(path, "to: %q is none of broadcast, group, user and connection; write one of them", l.To)
	}
	c.rates(path, l)
	if l.To == Group && a.Groups.Count == 0 {
		c.wrong(path, "there are no groups to send to; add groups: {count: 100} to the application")
	}
	if l.At >= c.s.Duration {
		c.wrong(path+".at", "it begins at %v, when the load is over; make at: earlier or duration: longer", l.At)
	}
	if l.Burst < 1 || l.Burst > 100_000 {
		c.wrong(path+".burst", "%d is not between 1 and 100000", l.Burst)
	}
	if len(l.Publishers) == 0 {
		return
	}
	for _, n := range c.selected(path+".publishers", l.Publishers) {
		if _, runs := slices.BinarySearch(nodes, n); !runs {
			c.wrong(path+".publishers", "node %d does not run the application; add it to the application's nodes or choose another", n+1)
			break
		}
	}
}

func (c *checker) mesh(m Mesh) {
	if m.Degree < 1 || m.Degree > 64 {
		c.wrong("$.mesh.degree", "%d is not between 1 and 64", m.Degree)
	}
	if m.Direct < 1 || m.Direct > MaxApplication {
		c.wrong("$.mesh.direct", "%d is not between 1 and %d", m.Direct, MaxApplication)
	}
	if m.GoneAfter < m.SuspectAfter {
		c.wrong("$.mesh.gone_after", "%v is shorter than suspect_after, %v; make it longer", m.GoneAfter, m.SuspectAfter)
	}
	if m.SuspectAfter < Duration(time.Second) {
		c.wrong("$.mesh.suspect_after", "%v is less than two heartbeats; make it at least 1s", m.SuspectAfter)
	}
}

func (c *checker) selected(path string, of []Selector) []int {
	nodes, err := c.s.Select(of...)
	if err != nil {
		c.wrong(path, "%v", err)
	}
	return nodes
}
