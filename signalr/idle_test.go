package signalr

import (
	"runtime"
	"testing"
	"testing/synctest"

	"github.com/signalmesh/signalmesh/signalr/protocol"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestIdleConnectionsHaveOneGoroutine(t *testing.T) {
	for name, test := range map[string]struct {
		connect func(s *site)
		clients float64 // goroutines of the client of each
	}{
		"WebSockets": {clients: 1, connect: func(s *site) {
			c := s.connect("/hub", protocol.JSON())
			require.Equal(s.t, "x", result[string](c, "Echo", "x"))
		}},
		"between long polls": {connect: func(s *site) { s.pollHandshake() }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const connections = 20
				hub := newTestHub()
				s := start(t, options(hub))
				before := runtime.NumGoroutine()
				for range connections {
					test.connect(s)
					<-hub.connected
				}
				synctest.Wait()
				each := float64(runtime.NumGoroutine()-before) / connections // with what other tests leave to end
				assert.InDelta(t, 1+test.clients, each, 0.5, "a reader each, and the client's own")
			})
		})
	}
}
