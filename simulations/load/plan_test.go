package load

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/simulations/scenario"
)

func all(t *testing.T, text string) (*Plan, []Message) {
	s, err := scenario.Parse("test.yaml", []byte(text))
	require.NoError(t, err)
	p := New(&s)
	var messages []Message
	for m, ok := p.Next(); ok; m, ok = p.Next() {
		messages = append(messages, m)
	}
	return p, messages
}

const groups = `
duration: 100s
regions: [{name: a, nodes: 10}]
applications:
  - name: chat
    groups: {count: 200, servers: 3, popularity: zipf}
    clients: 2
    load:
      - {to: group, rate: 50, size: 100..200}
      - {to: user, rate: 5, publishers: [1-2]}
      - {to: broadcast, rate: 10, burst: 20, at: 10s, for: 50s}
faults: [{at: 20s, for: 10s, do: flood, nodes: [3], rate: 100}]
`

func TestThePlanFollowsTheScenarioAndItsSeed(t *testing.T) {
	p, messages := all(t, groups)
	_, again := all(t, groups)
	require.Equal(t, messages, again)
	count := map[scenario.Class]int{}
	for i, m := range messages {
		require.EqualValues(t, i+1, m.ID)
		require.True(t, i == 0 || m.At >= messages[i-1].At)
		count[m.Class]++
		switch m.Class {
		case scenario.User:
			assert.Less(t, m.Node, 2)
			assert.NotContains(t, p.Channels(0, m.Node), m.Channel, "nobody writes to its own")
		case scenario.Group:
			assert.GreaterOrEqual(t, m.Size, 100)
			assert.LessOrEqual(t, m.Size, 200)
		case scenario.Flood:
			assert.Equal(t, 2, m.Node)
			assert.True(t, m.At >= 20*time.Second && m.At < 30*time.Second)
		case scenario.Broadcast:
			assert.True(t, m.At >= 10*time.Second && m.At < 60*time.Second)
		}
	}
	assert.InEpsilon(t, 5000, count[scenario.Group], 0.1)
	assert.InEpsilon(t, 500, count[scenario.User], 0.2)
	assert.InEpsilon(t, 500, count[scenario.Broadcast], 0.6)
	assert.InEpsilon(t, 1000, count[scenario.Flood], 0.2)
}

func TestAPopularGroupHasMembersOnMoreNodes(t *testing.T) {
	p, _ := all(t, groups)
	servers := map[string]int{}
	for _, node := range p.Members(0) {
		for _, c := range p.Channels(0, node) {
			servers[c]++
		}
	}
	assert.Equal(t, 10, servers["hub:all"])
	assert.Equal(t, 10, servers["hub:group:1"])
	assert.Equal(t, 1, servers["hub:group:200"])
	assert.Equal(t, 1, servers["hub:user:3-2"])
	assert.Zero(t, servers["hub:connection:3-2"], "no load needs it")
}

func TestAPayloadSaysWhichMessageItIs(t *testing.T) {
	assert.EqualValues(t, 77, ID(Message{ID: 77, Size: 300}.Payload()))
	assert.Len(t, Message{ID: 77, Size: 300}.Payload(), 300)
	assert.EqualValues(t, 77, ID(Message{ID: 77, Size: 1}.Payload()))
	assert.Zero(t, ID([]byte("short")))
}
