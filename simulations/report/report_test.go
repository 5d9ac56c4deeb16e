package report

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/signalmesh/signalmesh/simulations/result"
)

// example returns a result made up for the tests, with n servers and seconds of
// load: a wave of traffic and two faults. Its account balances.
func example(n, seconds int) result.Result {
	r := result.Result{
		Scenario: "partition-heal", Question: "Does anything get lost when the mesh falls into two halves and heals?",
		Mode: result.Core, Seed: 7, Command: fmt.Sprintf("signalmesh sim run partition-heal --nodes %d --seed 7", n),
		Settings: []result.Setting{{Name: "nodes", Value: fmt.Sprint(n)}, {Name: "latency", Value: "1ms to 20ms"}, {Name: "rate", Value: "50/s"}, {Name: "replay window", Value: "64 MiB or 2m0s"}},
		Nodes:    n, VirtualSeconds: float64(seconds + 30), LoadSeconds: float64(seconds), LateAfterMS: 1000, WallSeconds: 12.4, PeakMemoryBytes: 312 << 20, Events: 48_211_934,
		Latency: spread(0.0042, 0.7, 200, uint64(50*seconds*(n-1))),
		Roads: []result.Road{
			{Name: "direct", Latency: spread(0.004, 0.5, 200, uint64(48*seconds*(n-1)))},
			{Name: "topic", Latency: spread(0.017, 0.6, 120, uint64(seconds*(n-1)))},
			{Name: "repaired", Latency: spread(1.2, 0.9, 90, uint64(seconds*(n-1)))},
		},
		Join: spread(1.1, 0.4, 0, 12), Detect: spread(8.2, 0.1, 0, uint64(n)), Heal: spread(2.1, 0.6, 0, 3),
		Gossip: result.Gossip{Published: 91_223, Received: 1_200_000, Duplicates: 3_400_112, Repaired: 1201, Bytes: 2_112_334_221},
		Faults: []result.Fault{
			{Label: "partition a | b", BeginSeconds: float64(seconds) * 0.3, EndSeconds: float64(seconds) * 0.45},
			{Label: "kill n3", BeginSeconds: float64(seconds) * 0.6, EndSeconds: float64(seconds) * 0.6},
			{Label: "degrade region eu", BeginSeconds: float64(seconds) * 0.7, EndSeconds: float64(seconds) * 0.8},
		},
		Checks: []result.Check{{Name: "latency of a packet, mean", Set: 10.5, Measured: 10.49, Unit: "ms", OK: true}, {Name: "loss of packets", Set: 0.5, Measured: 0.503, Unit: "%", OK: true}},
		Sizing: []string{
			"Each server sends 19.2 Mbit/s and receives as much, for 50 messages of 512 bytes a second in the whole mesh. The busiest sends 22 Mbit/s.",
			"With N servers, what each sends for its own messages grows like N: twice the servers, twice the bytes. The window grows with what is on the way, here up to 2.1 MiB a server while the halves were apart.",
		},
		Limits: []string{"CPU cost and the queues of the kernel are not simulated.", "GossipSub is a model of the topic with its parameters."},
	}
	random := rand.New(rand.NewPCG(1, 2))
	var window float64
	for s := -10; s < seconds+20; s++ {
		sample := result.Sample{Second: s, Links: min(n*(n-1)/2, max(0, (s+10)*n)), Members: min(n-1, max(0, (s+9)*n/3)), Living: n}
		f := float64(s) / float64(seconds)
		if s >= 0 && s < seconds {
			sample.Published = uint64(50 + 15*math.Sin(f*20) + 4*random.Float64())
			sample.Delivered, sample.P99MS = sample.Published*uint64(n-1), 18+6*random.Float64()
			sample.SentBytes = sample.Delivered * 640
		}
		window *= 0.2
		switch {
		case f > 0.3 && f < 0.45:
			sample.Delivered, sample.Members, sample.Links = sample.Delivered/2, n/2-1, sample.Links/2
			window += float64(sample.Delivered) * 5000
		case f >= 0.45 && f < 0.48:
			sample.Delivered, sample.P99MS = sample.Delivered*3, 30_000*(0.5-f)*20
		}
		sample.WindowBytes = uint64(window) + sample.Published*2048
		r.Timeline = append(r.Timeline, sample)
	}
	for _, class := range []string{"broadcast", "group", "user", "connection", "total"} {
		a := result.Account{Class: class, Published: uint64(20 * seconds), Offered: uint64(20 * seconds * (n - 1)), Late: 812, Repaired: 9033, ReportedLost: 20, Ended: 49}
		a.Delivered = a.Offered - a.ReportedLost - a.Ended
		r.Account = append(r.Account, a)
	}
	for i := range n {
		sent := uint64(2e8 * (0.7 + 0.5*random.Float64()))
		r.Servers = append(r.Servers, result.Server{
			Name: fmt.Sprintf("n%d", i+1), Region: []string{"eu", "us"}[i%2], SentBytes: sent, ReceivedBytes: uint64(1.9e8 * (0.8 + 0.3*random.Float64())),
			SentMessages: sent / 640, ReceivedMessages: sent / 650, PayloadBytes: sent / uint64(n), DeliveredBytes: sent * 8 / 10,
			Amplification: float64(n), WindowPeakBytes: sent / 100, Links: n - 1, Restarts: i % 7 / 6,
		})
	}
	return r
}

// undamaged is r with everything delivered, and little of it late.
func undamaged(r result.Result) result.Result {
	r.Account = slices.Clone(r.Account)
	for i, a := range r.Account {
		r.Account[i].Delivered, r.Account[i].ReportedLost, r.Account[i].Ended, r.Account[i].Late = a.Offered, 0, 0, 12
	}
	return r
}

// spread makes up a distribution around median seconds.
func spread(median, sigma float64, points int, observed uint64) result.Latency {
	quantile := func(z float64) float64 { return 1e3 * median * math.Exp(sigma*z) }
	l := result.Latency{Count: observed, P50MS: quantile(0), P90MS: quantile(1.28), P99MS: quantile(2.33), P999MS: quantile(3.09), MaxMS: quantile(3.5), MeanMS: quantile(sigma / 2)}
	for i := range points {
		z := -3 + 6.5*float64(i)/float64(points-1)
		l.CDF = append(l.CDF, result.Point{MS: quantile(z), Share: 0.5 * math.Erfc(-z/math.Sqrt2)})
	}
	if points > 0 {
		l.CDF[points-1].Share = 1
	}
	return l
}
