package mesh_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/mesh"
)

// BenchmarkStart measures how long nodes that start in the same moment, all in this
// process, need until each knows that all others are alive. Each dials the first one,
// as with one seed in client.ncconf.
func BenchmarkStart(b *testing.B) {
	for _, nodes := range []int{10, 20, 50} {
		b.Run(fmt.Sprintf("%d nodes", nodes), func(b *testing.B) {
			for b.Loop() {
				startTogether(b, nodes)
			}
		})
	}
}

func startTogether(b *testing.B, nodes int) {
	b.StopTimer()
	meshes := make([]*mesh.Mesh, nodes)
	topics := make([]*mesh.Topic, nodes)
	for i := range nodes {
		m, err := mesh.New(mesh.Options{Cache: "demo", Listen: addrs(b, loopback), Name: fmt.Sprint("n", i)})
		require.NoError(b, err)
		meshes[i] = m
		topics[i] = join(b, m, "chat")
	}
	b.StartTimer()
	var work sync.WaitGroup
	for i, m := range meshes {
		work.Go(func() {
			if i > 0 {
				_, err := m.Dial(b.Context(), meshes[0].Addrs()[0])
				require.NoError(b, err)
			}
			awaitAlive(b, topics[i], nodes-1)
		})
	}
	work.Wait()
	b.StopTimer()
	links := 0
	for _, t := range topics {
		for _, m := range t.Members() {
			if m.Linked {
				links++
			}
		}
	}
	b.ReportMetric(float64(links)/2, "links")
	for _, m := range meshes {
		work.Go(func() { _ = m.Close() })
	}
	work.Wait()
	b.StartTimer()
}

func awaitAlive(b *testing.B, topic *mesh.Topic, n int) {
	limit := time.After(25 * time.Second)
	for {
		alive, changed := topic.Watch()
		if alive == n {
			return
		}
		select {
		case <-changed:
		case <-limit:
			require.Equal(b, n, alive, "servers alive after 25 s")
		}
	}
}
