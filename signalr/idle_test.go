package signalr

import (
	"runtime"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
)

func TestIdleConnectionsBetweenPollsHaveTwoGoroutines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const connections = 20
		hub := newTestHub()
		s := start(t, options(hub))
		before := runtime.NumGoroutine()
		for range connections {
			s.pollHandshake()
			<-hub.connected
		}
		synctest.Wait()
		each := float64(runtime.NumGoroutine()-before) / connections // with what other tests leave to end
		assert.InDelta(t, 2, each, 0.5, "a reader and a writer each")
	})
}
