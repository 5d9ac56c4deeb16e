package mesh_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A tally counts what is delivered.
type tally struct {
	got  atomic.Int64
	want int64
	done chan struct{}
}

func (c *tally) Receive(string, string, []byte) {
	if c.got.Add(1) == c.want {
		close(c.done)
	}
}
func (c *tally) Left(string)        {}
func (c *tally) Gap(string, uint64) {}

// BenchmarkThreeServersSaturated publishes from each of three servers as fast as
// it can; an operation is one message delivered at both others.
func BenchmarkThreeServersSaturated(b *testing.B) {
	topics := openTopics(b, 3)
	var tallies []*tally
	each := b.N/3 + 1
	for _, t := range topics {
		c := &tally{want: int64(2 * each), done: make(chan struct{})}
		_, err := t.Attach(c)
		require.NoError(b, err)
		require.NoError(b, t.Subscribe(b.Context(), "all"))
		tallies = append(tallies, c)
	}
	data := make([]byte, 256)
	b.SetBytes(2 * 256)
	b.ResetTimer()
	var publishing sync.WaitGroup
	for _, t := range topics {
		publishing.Go(func() {
			for range each {
				if _, err := t.Publish(b.Context(), "all", data); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	publishing.Wait()
	for _, c := range tallies {
		<-c.done
	}
	b.ReportMetric(float64(each)/b.Elapsed().Seconds(), "msgs/s/server")
}

// BenchmarkPingPong measures the time of one message to another server and back.
func BenchmarkPingPong(b *testing.B) {
	topics := openTopics(b, 2)
	arrived := []chan struct{}{make(chan struct{}, 1), make(chan struct{}, 1)}
	for i, t := range topics {
		_, err := t.Attach(bell(arrived[i]))
		require.NoError(b, err)
		require.NoError(b, t.Subscribe(b.Context(), "all"))
	}
	data := make([]byte, 256)
	start := time.Now()
	for b.Loop() {
		_, err := topics[0].Publish(b.Context(), "all", data)
		require.NoError(b, err)
		<-arrived[1]
		_, err = topics[1].Publish(b.Context(), "all", data)
		require.NoError(b, err)
		<-arrived[0]
	}
	b.ReportMetric(float64(time.Since(start).Microseconds())/float64(b.N)/2, "µs/way")
}

type bell chan struct{}

func (r bell) Receive(string, string, []byte) { r <- struct{}{} }
func (r bell) Left(string)                    {}
func (r bell) Gap(string, uint64)             {}
