package bridge_test

import (
	"testing"

	"github.com/redis/rueidis"
)

// BenchmarkPublishAcross publishes at a door of a node that does not bridge, to one
// subscriber in the old Redis: alone, and a hundred in one go.
func BenchmarkPublishAcross(b *testing.B) {
	r := startRedis(b)
	sites := openSites(b, 2, 1, r.url())
	awaitBridge(b, sites...)
	door := dial(b, "door", sites[1].address())
	dial(b, "old", r.address).listen("c")
	for name, batch := range map[string]int{"One": 1, "Hundred": 100} {
		b.Run(name, func(b *testing.B) {
			for i := 0; i < b.N; i += batch {
				commands := make([]rueidis.Completed, batch)
				for k := range commands {
					commands[k] = door.B().Publish().Channel("c").Message("0123456789abcdef").Build()
				}
				for _, result := range door.DoMulti(b.Context(), commands...) {
					if n, err := result.AsInt64(); err != nil || n != 1 {
						b.Fatal(n, err)
					}
				}
			}
		})
	}
}
