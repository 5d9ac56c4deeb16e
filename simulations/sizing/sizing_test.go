package sizing

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/simulations/result"
	"github.com/signalmesh/signalmesh/simulations/scenario"
)

// quiet is a run of 10 servers, 20 s of load in which each sent 100 kB/s, and 40 kB/s after it.
func quiet() result.Result {
	r := result.Result{Mode: result.Core, Nodes: 10, Account: []result.Account{{Class: "total", Published: 1000, Offered: 9000, Delivered: 9000}}}
	for range 10 {
		r.Servers = append(r.Servers, result.Server{Name: "node", SentBytes: 2_000_000, ReceivedBytes: 1_900_000, SentMessages: 2000, ReceivedMessages: 1900, PayloadBytes: 51_200, WindowPeakBytes: 5 << 20})
	}
	for second := range 40 {
		sample := result.Sample{Second: second, Living: 10, SentBytes: 400_000}
		if second < 20 {
			sample.SentBytes, sample.Delivered = 1_000_000, 450
		}
		r.Timeline = append(r.Timeline, sample)
	}
	r.Timeline[5].SentBytes = 2_000_000
	return r
}

func parse(t *testing.T, text string) scenario.Scenario {
	s, err := scenario.Parse("x.yaml", []byte(text))
	require.NoError(t, err)
	return s
}

func TestTheNoteSaysWhatEachServerCarriesAndWhatGrows(t *testing.T) {
	r, s := quiet(), parse(t, "duration: 20s")
	Complete(&r, &s)
	note := strings.Join(r.Sizing, "\n")
	for _, want := range []string{
		"send 800 kbit/s and receive 760 kbit/s on average: 100 and 95 messages of the mesh",
		"together sent 16 Mbit/s, 2.0 times the average",
		"50 messages a second with 512 bytes of payload each, each wanted by 9.0 other servers on average: 450 deliveries a second",
		"A byte published costs 39.1 bytes sent",
		"at most 5.0 MiB", "64MiB for each server that is away, for 2m0s",
		"went on sending 320 kbit/s, 40 % of what it sent under load; the other 480 kbit/s are the messages.",
		"for 20 servers: 1.12 Mbit/s each if the same messages are published in all, 1.6 Mbit/s if each",
	} {
		assert.Contains(t, note, want)
	}
	assert.InDelta(t, 1000, r.LateAfterMS, 0)
}

func TestTheNoteEstimatesNothingItDoesNotKnow(t *testing.T) {
	for _, text := range []string{
		"duration: 20s\nmesh: {direct: 12}", // twice as many would not all be linked
		"duration: 20s\nfaults: [{at: 1s, do: kill, nodes: [1]}]",
		"duration: 20s\napplications: [{name: a, groups: {count: 3}, load: [{to: group, rate: 1}]}]",
	} {
		r, s := quiet(), parse(t, text)
		Complete(&r, &s)
		assert.NotContains(t, strings.Join(r.Sizing, "\n"), "An estimate", text)
	}
	r, s := quiet(), parse(t, "duration: 20s")
	r.Timeline[39].Delivered = 1
	Complete(&r, &s)
	assert.NotContains(t, strings.Join(r.Sizing, "\n"), "Measured here", "it was never quiet")
}

func TestALargeMeshIsToldWhatTheTopicCarries(t *testing.T) {
	r, s := quiet(), parse(t, "duration: 20s\nmesh: {direct: 4}")
	r.Gossip = result.Gossip{Published: 400, Bytes: 10_000_000}
	Complete(&r, &s)
	assert.Contains(t, strings.Join(r.Sizing, "\n"), "larger than the 4 direct links of a server")
	assert.Contains(t, strings.Join(r.Sizing, "\n"), "20 messages a second, 50 % of all bytes")

	// Applications are meshes of their own, however many there are.
	r, s = quiet(), parse(t, "mesh: {direct: 5}\napplications: [{name: a, nodes: [1-5]}, {name: b, nodes: [6-10]}]")
	Complete(&r, &s)
	assert.NotContains(t, strings.Join(r.Sizing, "\n"), "is larger than")
}

func TestTheLimitsOfAModeAreItsOwn(t *testing.T) {
	r, s := quiet(), parse(t, "duration: 20s")
	Complete(&r, &s)
	assert.Contains(t, strings.Join(r.Limits, "\n"), "GossipSub, connections and the search for seeds are models")
	r.Mode, r.Limits = result.Stack, []string{"what the stack cannot tell"}
	Complete(&r, &s)
	assert.Equal(t, []string{"what the stack cannot tell"}, r.Limits)
	assert.Contains(t, r.Sizing[0], "packets a second")
}

func TestSettingsSayWhatWasPublishedAndWhere(t *testing.T) {
	r, s := quiet(), parse(t, `
regions: [{name: a, nodes: 5}, {name: b, nodes: 5, bandwidth: 10Mbit}]
links: [{between: [a, b], latency: 30ms, bandwidth: 1Mbit}]
applications:
  - name: chat
    groups: {count: 7, servers: 2}
    load: [{to: group, rate: 5, size: 1KiB, at: 1s, for: 5s, burst: 10, publishers: [a, 7]}]
`)
	Complete(&r, &s)
	for _, want := range []result.Setting{
		{Name: "region b", Value: "5 nodes; 200µs..1ms, jitter 0s, loss 0%, 10Mbit each"},
		{Name: "a to b", Value: "30ms, jitter 0s, loss 0%, 1Mbit for each connection"},
		{Name: "chat, to group", Value: "5 a second of 1KiB, 10 back to back; 7 groups on 2 servers each, uniform; published by a, 7; from 1s for 5s"},
	} {
		assert.Contains(t, r.Settings, want)
	}
}
