package sizing

import (
	"fmt"

	"github.com/signalmesh/signalmesh/simulations/result"
	"github.com/signalmesh/signalmesh/simulations/scenario"
)

// Costs of one server, measured with real processes on 2 cores; docs/benchmarks.md has the
// tables and their spread.
const (
	clientBytes     = 13.6e3 // memory for each connection: "whole servers, 5,000 clients: memory"
	clientMessage   = 20e-6  // seconds of CPU for each message to a client: "whole servers: broadcast at a rate"
	serverMessage   = 47e-6  // seconds of CPU, sender and receiver together, for each delivery to a server: "broadcast at 20000/s, 256 B"
	measuredClients = 20_000 // of one server: "What an idle connection costs"
)

// capacity returns an estimate of the CPU and memory of a server, and the resource that a
// growing load uses up first. The simulation does not measure either: the figures are those of the
// benchmarks, times the messages of the scenario.
func capacity(r *result.Result, s *scenario.Scenario) []string {
	if len(r.Servers) == 0 || !(r.LoadSeconds > 0) {
		return nil
	}
	t, traffic, n := r.Total(), TrafficOf(r), float64(len(r.Servers))
	toClients := clientRate(s) / n
	between := float64(t.Delivered) / r.LoadSeconds / n
	core := toClients*clientMessage + between*serverMessage
	clients := 0
	for _, a := range s.Applications {
		clients = max(clients, a.Clients)
	}
	memory := uint64(float64(clients)*clientBytes) + traffic.Window
	text := fmt.Sprintf("Estimated from the benchmarks (docs/benchmarks.md), not simulated: a server needs %s %% of one core, for %s messages a second to its clients and %s deliveries a second to servers, and %s of memory for %s and its window.",
		threeDigits(100*core), threeDigits(toClients), threeDigits(between), mebibytes(memory), clientsText(clients))
	if clients > measuredClients {
		text += fmt.Sprintf(" More than %d clients on one server have not been measured.", measuredClients)
	}
	return []string{text + first(r, core)}
}

// first names the resource that runs out first when the load grows.
func first(r *result.Result, core float64) string {
	line := r.Bottleneck.Peak
	switch {
	case !(core > 0):
		return ""
	case !(line > 0):
		return fmt.Sprintf(" With %s times this load, one core is full.", threeDigits(1/core))
	case core >= line:
		return fmt.Sprintf(" The CPU runs out first: one core is full with %s times this load, the busiest line (%s) with %s times.", threeDigits(1/core), r.Bottleneck.Name, threeDigits(1/line))
	}
	return fmt.Sprintf(" The line runs out first: %s is full with %s times this load, one core with %s times.", r.Bottleneck.Name, threeDigits(1/line), threeDigits(1/core))
}

// clientRate is how many messages a second reach clients, of all servers together. A group
// without members has one on each of its servers.
func clientRate(s *scenario.Scenario) float64 {
	rate := 0.0
	for _, a := range s.Applications {
		nodes := len(s.Members(a))
		for _, l := range a.Load {
			receivers := 1.0
			switch l.To {
			case scenario.Broadcast:
				receivers = float64(nodes * a.Clients)
			case scenario.Group:
				if receivers = float64(a.Groups.Members); a.Groups.Members == 0 {
					receivers = a.Groups.ServersOf(nodes, 1)
				}
			}
			rate += l.Rate * receivers
		}
	}
	return rate
}

func clientsText(n int) string {
	if n == 1 {
		return "1 client"
	}
	return fmt.Sprintf("%d clients", n)
}
