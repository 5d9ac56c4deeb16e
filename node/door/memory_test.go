package door_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/node/door"
)

// The messages for clients that do not read use at most twice the limit of memory, for any
// size of messages, and also if several clients wait for the same messages.
func TestAClientThatDoesNotReadCostsItsLimit(t *testing.T) {
	const limit = 8 << 20
	for _, size := range []int{64, 2 << 10, 256 << 10} {
		t.Run(fmt.Sprint(size, " bytes"), func(t *testing.T) {
			s := sites(t, 1, func(o *door.Options) { o.Output, o.Replay = limit, -1 })
			for range 3 {
				dial(t, s[0].addr()).ask("SUBSCRIBE", "c")
			}
			publisher := dial(t, s[0].addr())
			data := strings.Repeat("x", size)
			before := heap()
			for waiting := 0; ; waiting += size {
				reply := publisher.ask("PUBLISH", "c", data)
				if reply != ":3\r\n" {
					break
				}
				if waiting%(limit/4) < size {
					require.Less(t, heap()-before, 2*limit, "after %d bytes", waiting)
				}
				require.Less(t, waiting, 10*limit, "no client is cut off")
			}
		})
	}
}

// heap returns how many bytes are in use.
func heap() int {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}
