package sizing

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/signalmesh/signalmesh/simulations/result"
)

// A Traffic is the traffic of servers while the load ran, in bit/s. The headline of
// a report and its sizing note both take their figures from here.
type Traffic struct {
	Sent, Received        float64       // of a server, on average over the load
	Busiest               result.Server // the one that sent most
	BusiestSent           float64
	BusiestReceived       float64
	Loaded, Idle          float64 // sent by a server, on average over the seconds with and without published messages
	LoadedFor, IdleFor    int     // how many seconds those are
	Amplification         float64 // bytes sent by all servers for each byte published; 0: nothing was published
	Window                uint64  // the most that one server kept for others, in bytes
	SentPieces, GotPieces float64 // messages of the mesh a second that a server sent and received
}

// TrafficOf returns the traffic of a run. It is zero if the run had no load or no servers.
func TrafficOf(r *result.Result) Traffic {
	var t Traffic
	seconds, n := r.LoadSeconds, float64(len(r.Servers))
	if !(seconds > 0) || n == 0 {
		return t
	}
	var sum result.Server
	for _, s := range r.Servers {
		sum.SentBytes += s.SentBytes
		sum.ReceivedBytes += s.ReceivedBytes
		sum.SentMessages += s.SentMessages
		sum.ReceivedMessages += s.ReceivedMessages
		sum.PayloadBytes += s.PayloadBytes
		t.Window = max(t.Window, s.WindowPeakBytes)
	}
	t.Busiest = slices.MaxFunc(r.Servers, func(a, b result.Server) int { return cmp.Compare(a.SentBytes, b.SentBytes) })
	t.Sent, t.Received = 8*float64(sum.SentBytes)/n/seconds, 8*float64(sum.ReceivedBytes)/n/seconds
	t.SentPieces, t.GotPieces = float64(sum.SentMessages)/n/seconds, float64(sum.ReceivedMessages)/n/seconds
	t.BusiestSent, t.BusiestReceived = 8*float64(t.Busiest.SentBytes)/seconds, 8*float64(t.Busiest.ReceivedBytes)/seconds
	if sum.PayloadBytes > 0 {
		t.Amplification = float64(sum.SentBytes) / float64(sum.PayloadBytes)
	}
	t.split(r)
	return t
}

// split separates the seconds in which messages were published from the others.
func (t *Traffic) split(r *result.Result) {
	for _, s := range r.Timeline {
		if s.Second < 0 || float64(s.Second) >= r.LoadSeconds || s.Living == 0 {
			continue
		}
		bits := 8 * float64(s.SentBytes) / float64(s.Living)
		if s.Published > 0 {
			t.Loaded, t.LoadedFor = t.Loaded+bits, t.LoadedFor+1
		} else {
			t.Idle, t.IdleFor = t.Idle+bits, t.IdleFor+1
		}
	}
	t.Loaded /= float64(max(1, t.LoadedFor))
	t.Idle /= float64(max(1, t.IdleFor))
}

// Idles reports whether the load left a tenth or more of its time without messages, so that
// the average is not representative of the time with messages.
func (t Traffic) Idles() bool { return t.LoadedFor > 0 && 10*t.IdleFor >= t.LoadedFor+t.IdleFor }

// BitRate writes bit/s with three digits.
func BitRate(bits float64) string {
	unit, size := "bit/s", 1.0
	for _, u := range []struct {
		name string
		size float64
	}{{"kbit/s", 1e3}, {"Mbit/s", 1e6}, {"Gbit/s", 1e9}, {"Tbit/s", 1e12}} {
		if bits >= 0.9995*u.size {
			unit, size = u.name, u.size
		}
	}
	return threeDigits(bits/size) + " " + unit
}

// threeDigits writes v with three significant digits, without zeros at the end.
func threeDigits(v float64) string {
	decimals := 2
	switch {
	case v < 1:
		return strconv.FormatFloat(v, 'g', 3, 64)
	case v >= 99.95:
		decimals = 0
	case v >= 9.995:
		decimals = 1
	}
	s := strconv.FormatFloat(v, 'f', decimals, 64)
	if decimals > 0 {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}
