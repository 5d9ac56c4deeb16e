// Package sizing says in words what a result means for who has to buy machines.
package sizing

import (
	"fmt"
	"math"
	"strconv"

	"github.com/signalmesh/signalmesh/simulations/result"
	"github.com/signalmesh/signalmesh/simulations/scenario"
)

// Complete fills in what a Result says about its scenario, what it means, and what it
// cannot tell.
func Complete(r *result.Result, s *scenario.Scenario) {
	r.LateAfterMS = float64(s.LateAfter.D()) / 1e6
	r.LoadSeconds = s.Duration.D().Seconds()
	r.Expected = expectations(r, s.Expect)
	r.Settings, r.Sizing, r.Limits, r.Advice = settings(s), note(r, s), limits(r, s), advice(r, s)
}

// note is what a planner has to know: what each server must carry, of how much load, what
// it keeps, and what grows.
func note(r *result.Result, s *scenario.Scenario) []string {
	if len(r.Servers) == 0 || len(r.Account) == 0 {
		return nil
	}
	seconds, traffic := s.Duration.D().Seconds(), TrafficOf(r)
	var sum result.Server // of all
	for _, v := range r.Servers {
		sum.SentBytes += v.SentBytes
		sum.PayloadBytes += v.PayloadBytes
	}
	pieces := "messages of the mesh (frames, and messages of the topic)"
	if r.Mode == result.Stack {
		pieces = "packets"
	}
	t := r.Account[len(r.Account)-1]
	notes := []string{
		fmt.Sprintf("Each server has to send %s and receive %s on average: %.4g and %.4g %s a second. The busiest, %s, sends %s and receives %s: %.4g and %.4g a second.",
			BitRate(traffic.Sent), BitRate(traffic.Received), round(traffic.SentPieces), round(traffic.GotPieces), pieces,
			traffic.Busiest.Name, BitRate(traffic.BusiestSent), BitRate(traffic.BusiestReceived), round(float64(traffic.Busiest.SentMessages)/seconds), round(float64(traffic.Busiest.ReceivedMessages)/seconds)),
	}
	if traffic.Idles() {
		notes = append(notes, fmt.Sprintf("That is the average of %.4g s. In the %d s in which messages were published, a server sent %s; in the other %d s it sent %s.",
			seconds, traffic.LoadedFor, BitRate(traffic.Loaded), traffic.IdleFor, BitRate(traffic.Idle)))
	}
	if peak, average := peak(r, s), float64(sum.SentBytes)/seconds; peak > 0 && average > 0 {
		notes = append(notes, fmt.Sprintf("In their busiest second all servers together sent %s, %.1f times the average; within a second it is more, so leave room.", bits(peak), peak/average))
	}
	if t.Published > 0 {
		notes = append(notes, fmt.Sprintf("The load was %.4g messages a second with %.4g bytes of payload each, each wanted by %.1f other servers on average: %.0f deliveries a second in all. A byte published costs %.1f bytes sent.",
			round(float64(t.Published)/seconds), round(float64(sum.PayloadBytes)/float64(t.Published)), float64(t.Offered)/float64(t.Published), float64(t.Delivered)/seconds,
			float64(sum.SentBytes)/float64(max(1, sum.PayloadBytes))))
	}
	notes = append(notes, capacity(r, s)...)
	notes = append(notes, fmt.Sprintf("A server kept at most %s for others that had not acknowledged it. The settings allow %v for each server that is away, for %v.", mebibytes(traffic.Window), s.Mesh.ReplayBytes, s.Mesh.ReplayAge))
	return append(notes, growth(r, s, underLoad(traffic)/8)...)
}

// underLoad returns the rate at which a server sent while messages were published, in bit/s.
func underLoad(t Traffic) float64 {
	if t.Idles() {
		return t.Loaded
	}
	return t.Sent
}

// peak is what all servers together sent in their busiest second of the load, in bytes.
func peak(r *result.Result, s *scenario.Scenario) float64 {
	most := uint64(0)
	for _, v := range r.Timeline {
		if v.Second >= 0 && float64(v.Second) < s.Duration.D().Seconds() {
			most = max(most, v.SentBytes)
		}
	}
	return float64(most)
}

// idle is what a server sends when nothing is published, in bytes a second, by the second
// half of the time after the load; 0 if it was never quiet then.
func idle(r *result.Result, s *scenario.Scenario) float64 {
	from := (s.Duration.D() + s.Drain.D()/2).Seconds()
	sum, n := 0.0, 0
	for _, v := range r.Timeline {
		if float64(v.Second) < from || v.Living == 0 {
			continue
		}
		if v.Delivered > 0 || v.WindowBytes > 0 {
			return 0 // something is still on its way
		}
		sum += float64(v.SentBytes) / float64(v.Living)
		n++
	}
	return sum / float64(max(1, n))
}

// growth says what becomes of the cost with more servers.
func growth(r *result.Result, s *scenario.Scenario, sent float64) []string {
	size := 0 // of the largest application: each is a mesh of its own
	for _, a := range s.Applications {
		size = max(size, len(s.Members(a)))
	}
	all := uint64(0)
	for _, v := range r.Servers {
		all += v.SentBytes
	}
	grows := "With N servers in direct contact, a broadcast is sent N-1 times by its publisher. Every server hears of every other all the time, so what one sends when idle grows with N, and the whole with N²."
	if size > s.Mesh.Direct {
		return []string{grows + fmt.Sprintf(
			" This mesh is larger than the %d direct links of a server, so the rest of the records and their acknowledgements go over the topic, which every server carries: %.4g messages a second, %.0f %% of all bytes. That part grows with N for each server. More direct links (mesh: {direct: %d}) trade it for heartbeats.",
			s.Mesh.Direct, round(float64(r.Gossip.Published)/s.Duration.D().Seconds()), 100*float64(r.Gossip.Bytes)/float64(max(1, all)), min(size, scenario.MaxApplication))}
	}
	notes := []string{grows + " Messages to groups, users and connections cost by the servers that want them, not by N."}
	quiet := idle(r, s)
	if quiet <= 0 || quiet >= sent || len(r.Servers) != r.Nodes || len(s.Applications) > 1 {
		return notes
	}
	text := fmt.Sprintf("Measured here: after the load a server went on sending %s, %.0f %% of what it sent under load; the other %s are the messages", bits(quiet), 100*quiet/sent, bits(sent-quiet))
	if len(s.Faults) > 0 {
		return append(notes, text+" and what the faults made of them.")
	}
	text += "."
	if 2*size <= s.Mesh.Direct && broadcasts(s) {
		text += fmt.Sprintf(" An estimate for %d servers: %s each if the same messages are published in all, %s if each server publishes as many as here. Run it with --nodes %d to know.",
			2*size, bits(2*quiet+sent-quiet), bits(2*sent), 2*size)
	}
	return append(notes, text)
}

// broadcasts tells whether all load is for every server: then what each sends of it stays
// the same when there are more servers and no more messages.
func broadcasts(s *scenario.Scenario) bool {
	for _, a := range s.Applications {
		for _, l := range a.Load {
			if l.To != scenario.Broadcast {
				return false
			}
		}
	}
	return true
}

// limits is what the run cannot tell.
func limits(r *result.Result, s *scenario.Scenario) []string {
	if len(r.Limits) > 0 {
		return r.Limits // its mode said it better
	}
	l := []string{
		"Virtual time costs no CPU: whether a server's CPU keeps up, and what its kernel's queues do then, is not in these figures.",
	}
	if r.Mode == result.Core {
		l = append(l,
			"GossipSub, connections and the search for seeds are models in this mode; run it with --stack, smaller, to see the real ones.",
			"TCP's slow start and congestion window are not simulated; loss limits the rate by the formula of Mathis and others.")
	}
	return l
}

// bits writes bytes a second as bits a second.
func bits(bytes float64) string { return BitRate(8 * bytes) }

// mebibytes writes bytes of memory.
func mebibytes(bytes uint64) string {
	if bytes < 1<<20 {
		return fmt.Sprintf("%.0f KiB", float64(bytes)/(1<<10))
	}
	return fmt.Sprintf("%.1f MiB", float64(bytes)/(1<<20))
}

// round leaves three digits, so that figures do not look more exact than they are.
func round(v float64) float64 {
	r, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 3, 64), 64)
	if err != nil {
		return v
	}
	if v >= 1000 {
		return math.Round(v)
	}
	return r
}
