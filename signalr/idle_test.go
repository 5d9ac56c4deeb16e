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
		assert.Equal(t, 2*connections, runtime.NumGoroutine()-before, "a reader and a writer each")
	})
}
