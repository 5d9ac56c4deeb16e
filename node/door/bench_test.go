package door_test

import (
	"bytes"
	"fmt"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The door against a real Redis on the same machine, in the same run. Compare their
// messages/s and µs.

func BenchmarkPubSub(b *testing.B) {
	for name, open := range map[string]func(testing.TB) string{
		"redis": func(t testing.TB) string { return redis(t) },
		"door":  func(t testing.TB) string { return sites(t, 1, nil)[0].addr() },
	} {
		b.Run("throughput/"+name, func(b *testing.B) { throughput(b, open(b)) })
		b.Run("latency/"+name, func(b *testing.B) { latency(b, open(b)) })
	}
}

const (
	benchPayload = 256
	benchWindow  = 500 // messages in one pipeline
)

// throughput is one publisher that pipelines, and four subscribers.
func throughput(b *testing.B, addr string) {
	data := bytes.Repeat([]byte("x"), benchPayload)
	command := fmt.Appendf(nil, "*3\r\n$7\r\nPUBLISH\r\n$1\r\nc\r\n$%d\r\n%s\r\n", len(data), data)
	frame := len(message("c", string(data)))
	var reading sync.WaitGroup
	for range 4 {
		w := dial(b, addr)
		w.ask("SUBSCRIBE", "c")
		reading.Go(func() { _, _ = io.CopyN(io.Discard, w.r, int64(frame)*int64(b.N)) }) // an error shows in time
	}
	p := dial(b, addr)
	b.ResetTimer()
	for left := b.N; left > 0; {
		n := min(left, benchWindow)
		_, err := p.Write(bytes.Repeat(command, n))
		require.NoError(b, err)
		_, err = io.CopyN(io.Discard, p.r, int64(n*len(":4\r\n")))
		require.NoError(b, err)
		left -= n
	}
	reading.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
}

// latency is from PUBLISH to the subscriber, one message at a time.
func latency(b *testing.B, addr string) {
	w, p := dial(b, addr), dial(b, addr)
	w.ask("SUBSCRIBE", "c")
	frame := int64(len(message("c", "x")))
	b.ResetTimer()
	begun := time.Now()
	for range b.N {
		p.command("PUBLISH", "c", "x")
		_, err := io.CopyN(io.Discard, w.r, frame)
		require.NoError(b, err)
		_, err = io.CopyN(io.Discard, p.r, int64(len(":1\r\n")))
		require.NoError(b, err)
	}
	b.ReportMetric(float64(time.Since(begun).Microseconds())/float64(b.N), "µs/message")
}
