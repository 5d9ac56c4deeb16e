// Package sizing says in words what a result means for who has to buy machines.
package sizing

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/signalmesh/signalmesh/simulations/result"
	"github.com/signalmesh/signalmesh/simulations/scenario"
)

// Complete fills in what a Result says about its scenario, what it means, and what it
// cannot tell.
func Complete(r *result.Result, s *scenario.Scenario) {
	r.LateAfterMS = float64(s.LateAfter.D()) / 1e6
	r.Settings, r.Sizing, r.Limits = settings(s), note(r, s), limits(r, s)
}

func settings(s *scenario.Scenario) []result.Setting {
	rate := 0.0
	for _, a := range s.Applications {
		for _, l := range a.Load {
			rate += l.Rate
		}
	}
	set := []result.Setting{
		{Name: "nodes", Value: fmt.Sprint(s.Nodes())},
		{Name: "duration", Value: s.Duration.String()},
		{Name: "messages a second", Value: fmt.Sprintf("%.4g", rate)},
		{Name: "latency, one way", Value: s.Network.Latency.String()},
		{Name: "jitter", Value: s.Network.Jitter.String()},
		{Name: "packet loss", Value: s.Network.Loss.String()},
		{Name: "bandwidth of a node", Value: s.Network.Bandwidth.String()},
		{Name: "GossipSub degree", Value: fmt.Sprint(s.Mesh.Degree)},
		{Name: "direct links of a node", Value: fmt.Sprint(s.Mesh.Direct)},
		{Name: "replay window", Value: s.Mesh.ReplayAge.String() + ", " + s.Mesh.ReplayBytes.String()},
		{Name: "suspect, gone after", Value: s.Mesh.SuspectAfter.String() + ", " + s.Mesh.GoneAfter.String()},
		{Name: "seed", Value: fmt.Sprint(s.Seed)},
	}
	for _, l := range s.Links {
		p := s.Path(indexOf(s, l.Between[0]), indexOf(s, l.Between[1]))
		set = append(set, result.Setting{
			Name:  l.Between[0] + " to " + l.Between[1],
			Value: fmt.Sprintf("%v, jitter %v, loss %v, %v", p.Latency, p.Jitter, scenario.Share(p.Loss), p.Bandwidth),
		})
	}
	return set
}

func indexOf(s *scenario.Scenario, region string) int {
	return slices.IndexFunc(s.Regions, func(r scenario.Region) bool { return r.Name == region })
}

// note is what a planner has to know.
func note(r *result.Result, s *scenario.Scenario) []string {
	if len(r.Servers) == 0 || len(r.Account) == 0 {
		return nil
	}
	seconds := s.Duration.D().Seconds()
	busiest := slices.MaxFunc(r.Servers, func(a, b result.Server) int {
		return cmp.Compare(a.SentBytes+a.ReceivedBytes, b.SentBytes+b.ReceivedBytes)
	})
	var sent, received, payload, window uint64
	for _, v := range r.Servers {
		sent += v.SentBytes
		received += v.ReceivedBytes
		payload += v.PayloadBytes
		window = max(window, v.WindowPeakBytes)
	}
	n := float64(len(r.Servers))
	t := r.Account[len(r.Account)-1]
	wanted := float64(t.Offered) / float64(max(1, t.Published))
	notes := []string{
		fmt.Sprintf("Each server sends %s and receives %s on average, the busiest %s and %s: %.0f and %.0f messages of the mesh a second. Plan for bursts, several times as much.",
			bits(float64(sent)/n/seconds), bits(float64(received)/n/seconds), bits(float64(busiest.SentBytes)/seconds), bits(float64(busiest.ReceivedBytes)/seconds),
			float64(busiest.SentMessages)/seconds, float64(busiest.ReceivedMessages)/seconds),
		fmt.Sprintf("%.4g messages a second were published, and each was wanted by %.1f other servers on average: %.0f deliveries a second in all. A byte published costs %.1f bytes sent.",
			float64(t.Published)/seconds, wanted, float64(t.Delivered)/seconds, float64(sent)/float64(max(1, payload))),
		fmt.Sprintf("A server kept at most %.1f MiB for others that had not acknowledged it; what it may keep at the most for each is %s.", float64(window)/(1<<20), s.Mesh.ReplayBytes),
	}
	return append(notes, growth(r, s)...)
}

// growth says what becomes of the cost with more servers.
func growth(r *result.Result, s *scenario.Scenario) []string {
	grows := "With N servers in direct contact, a broadcast is sent N-1 times by its publisher, and every pair exchanges about 4 heartbeats a second even when idle, so what a server sends when idle grows with N, and the whole with N²."
	if r.Nodes <= s.Mesh.Direct {
		return []string{grows + " Messages for groups, users and connections cost by the servers that want them, not by N."}
	}
	share := 0.0
	var all uint64
	for _, v := range r.Servers {
		all += v.SentBytes
	}
	if all > 0 {
		share = 100 * float64(r.Gossip.Bytes) / float64(all)
	}
	return []string{grows + fmt.Sprintf(
		" This mesh is larger than the %d direct links of a server, so the rest of the records and their acknowledgements go over the topic, which every server carries: %.0f messages a second, %.0f %% of all bytes. That part grows with N for each server. More direct links (mesh: {direct: %d}) trade it for heartbeats.",
		s.Mesh.Direct, float64(r.Gossip.Published)/s.Duration.D().Seconds(), share, min(r.Nodes, scenario.MaxApplication))}
}

// limits is what the run cannot tell.
func limits(r *result.Result, s *scenario.Scenario) []string {
	l := []string{
		"Virtual time costs no CPU: whether a server's CPU keeps up, and what its kernel's queues do then, is not in these figures.",
	}
	if r.Mode == result.Core {
		l = append(l,
			"GossipSub, connections and the search for seeds are models in this mode; run it with --stack, smaller, to see the real ones.",
			"TCP's slow start and congestion window are not simulated; loss limits the rate by the formula of Mathis and others.")
	}
	if r.Mode == result.Stack {
		l = append(l, "Stack mode is not exactly repeatable: the same seed gives slightly different figures.")
	}
	return l
}

// bits writes bytes a second as bits a second.
func bits(bytes float64) string {
	switch b := bytes * 8; {
	case b >= 1e9:
		return fmt.Sprintf("%.2f Gbit/s", b/1e9)
	case b >= 1e6:
		return fmt.Sprintf("%.1f Mbit/s", b/1e6)
	default:
		return fmt.Sprintf("%.0f kbit/s", b/1e3)
	}
}
