package protocol_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/signalr/protocol"
)

var both = []protocol.Protocol{protocol.JSON(), protocol.MessagePack()}

// typical is what a chat sends.
func typical() protocol.Invocation {
	return protocol.Invocation{
		InvocationID: "17", Target: "ReceiveMessage",
		Arguments: []any{"somebody", "Shall we meet at eight, as always?", 42, true},
	}
}

func TestAppendOfSimpleValuesNeedsNoMemory(t *testing.T) {
	for _, p := range both {
		var m protocol.Message = typical()
		buf := make([]byte, 0, 1024)
		assertAllocs(t, 0, func() { _, _ = p.Append(buf, m) }, p.Name())
	}
}

func TestAppendToNothingAllocatesOnce(t *testing.T) {
	for _, p := range both {
		var m protocol.Message = protocol.Completion{InvocationID: "17", HasResult: true, Result: "something said"}
		assertAllocs(t, 1, func() { _, _ = p.Append(nil, m) }, p.Name())
	}
}

func assertAllocs(t *testing.T, want float64, f func(), name string) {
	t.Helper()
	require.InDelta(t, want, testing.AllocsPerRun(100, f), 0.5, name)
}

func BenchmarkAppend(b *testing.B) {
	for _, p := range both {
		b.Run(p.Name(), func(b *testing.B) {
			var m protocol.Message = typical()
			buf := make([]byte, 0, 1024)
			b.ReportAllocs()
			for b.Loop() {
				out, err := p.Append(buf, m)
				if err != nil {
					b.Fatal(err)
				}
				b.SetBytes(int64(len(out)))
			}
		})
	}
}

func BenchmarkSplitAndParse(b *testing.B) {
	for _, p := range both {
		b.Run(p.Name(), func(b *testing.B) {
			frame, err := p.Append(nil, typical())
			require.NoError(b, err)
			b.ReportAllocs()
			b.SetBytes(int64(len(frame)))
			for b.Loop() {
				body, _, err := p.Split(frame, 1<<15)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := p.Parse(body); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkBind(b *testing.B) {
	type message struct {
		User, Text string
		Number     int
	}
	for _, p := range both {
		b.Run(p.Name(), func(b *testing.B) {
			frame, err := p.Append(nil, protocol.StreamItem{InvocationID: "1", Item: message{"u", "text", 5}})
			require.NoError(b, err)
			m, err := readOne(b, p, frame)
			require.NoError(b, err)
			raw := m.(protocol.StreamItem).Item.(protocol.Raw)
			b.ReportAllocs()
			for b.Loop() {
				var v message
				if err := p.Bind(raw, &v); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
