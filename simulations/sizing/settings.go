package sizing

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/signalmesh/signalmesh/simulations/result"
	"github.com/signalmesh/signalmesh/simulations/scenario"
)

// settings is all that decides a run, but its faults, which a Result has.
func settings(s *scenario.Scenario) []result.Setting {
	rate := 0.0
	for _, a := range s.Applications {
		for _, l := range a.Load {
			rate += l.MeanRate(length(s, l))
		}
	}
	set := []result.Setting{
		{Name: "nodes", Value: fmt.Sprint(s.Nodes())},
		{Name: "messages a second", Value: fmt.Sprintf("%.4g", rate)},
		{Name: "load lasts", Value: fmt.Sprintf("%v, after %v in which the mesh forms; then %v for what is late", s.Duration, s.Warmup, s.Drain)},
		{Name: "late after", Value: s.LateAfter.String()},
		{Name: "latency, one way", Value: s.Network.Latency.String()},
		{Name: "jitter", Value: s.Network.Jitter.String()},
		{Name: "packet loss", Value: s.Network.Loss.String()},
		{Name: "bandwidth of a node", Value: s.Network.Bandwidth.String()},
		{Name: "GossipSub degree", Value: fmt.Sprint(s.Mesh.Degree)},
		{Name: "flood publish", Value: fmt.Sprint(*s.Mesh.FloodPublish)},
		{Name: "direct links of a node", Value: fmt.Sprintf("up to %d, or a quarter of that if there are more nodes", s.Mesh.Direct)},
		{Name: "replay window", Value: s.Mesh.ReplayAge.String() + ", " + s.Mesh.ReplayBytes.String()},
		{Name: "backlog of a link", Value: s.Mesh.Backlog.String()},
		{Name: "suspect, gone after", Value: s.Mesh.SuspectAfter.String() + ", " + s.Mesh.GoneAfter.String()},
		{Name: "seed", Value: fmt.Sprint(s.Seed)},
	}
	return slices.Concat(set, places(s), loads(s))
}

// places are the regions, if they are several or of their own kind, and the links.
func places(s *scenario.Scenario) []result.Setting {
	var set []result.Setting
	for i, r := range s.Regions {
		if len(s.Regions) == 1 && r.Network == (scenario.Network{}) {
			continue
		}
		p, line := s.Path(i, i), s.Network.Bandwidth
		if r.Bandwidth != nil {
			line = r.Bandwidth
		}
		set = append(set, result.Setting{
			Name:  "region " + r.Name,
			Value: fmt.Sprintf("%d nodes; %v, jitter %v, loss %v, %v each", r.Nodes, p.Latency, p.Jitter, scenario.Share(p.Loss), line),
		})
	}
	for _, l := range s.Links {
		p := s.Path(indexOf(s, l.Between[0]), indexOf(s, l.Between[1]))
		value := fmt.Sprintf("%v, jitter %v, loss %v", p.Latency, p.Jitter, scenario.Share(p.Loss))
		if p.Bandwidth > 0 {
			value += fmt.Sprintf(", %v for each connection", p.Bandwidth)
		}
		set = append(set, result.Setting{Name: l.Between[0] + " to " + l.Between[1], Value: value})
	}
	return set
}

// loads are what is published, a row for each.
func loads(s *scenario.Scenario) []result.Setting {
	var set []result.Setting
	for _, a := range s.Applications {
		for _, l := range a.Load {
			value := fmt.Sprintf("%.4g a second of %v", l.MeanRate(length(s, l)), l.Size)
			if peak := l.PeakRate(); len(l.Trace) > 0 || l.Ramp > 0 {
				value += fmt.Sprintf(", %.4g at most", peak)
			}
			if l.Arrivals == scenario.Even {
				value += ", at equal distances"
			}
			if l.Burst > 1 {
				value += fmt.Sprintf(", %d back to back", l.Burst)
			}
			if l.To == scenario.Group {
				value += fmt.Sprintf("; %d groups on %.4g servers each, %s", a.Groups.Count, a.Groups.ServersOf(len(s.Members(a)), 1), a.Groups.Popularity)
			}
			if len(l.Publishers) > 0 {
				value += "; published by " + words(l.Publishers)
			}
			if l.At > 0 || l.For > 0 {
				value += fmt.Sprintf("; from %v", l.At)
			}
			if l.For > 0 {
				value += fmt.Sprintf(" for %v", l.For)
			}
			set = append(set, result.Setting{Name: a.Name + ", to " + string(l.To), Value: value})
		}
	}
	return set
}

// length is how long a load lasts.
func length(s *scenario.Scenario, l scenario.Load) time.Duration {
	rest := (s.Duration - l.At).D()
	if l.For > 0 {
		return min(l.For.D(), rest)
	}
	return rest
}

func words(of []scenario.Selector) string {
	var all []string
	for _, o := range of {
		all = append(all, string(o))
	}
	return strings.Join(all, ", ")
}

func indexOf(s *scenario.Scenario, region string) int {
	return slices.IndexFunc(s.Regions, func(r scenario.Region) bool { return r.Name == region })
}
