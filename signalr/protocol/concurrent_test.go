package protocol_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/signalmesh/signalmesh/signalr/protocol"
)

// The race detector is the judge here, as types are seen for the first time.
func TestProtocolsMayBeUsedConcurrently(t *testing.T) {
	type value struct {
		Name string
		Next *value
		List []outer
	}
	v := value{Name: "a", Next: &value{Name: "b"}, List: []outer{{ID: 7}}}
	var wg sync.WaitGroup
	for _, p := range both {
		for range 8 {
			wg.Go(func() {
				frame, err := p.Append(nil, protocol.StreamItem{InvocationID: "1", Item: v})
				assert.NoError(t, err)
				body, _, err := p.Split(frame, 0)
				assert.NoError(t, err)
				m, err := p.Parse(body)
				assert.NoError(t, err)
				var back value
				assert.NoError(t, p.Bind(m.(protocol.StreamItem).Item.(protocol.Raw), &back))
				assert.Equal(t, 7, back.List[0].ID)
				assert.Equal(t, "b", back.Next.Name)
			})
		}
	}
	wg.Wait()
}
