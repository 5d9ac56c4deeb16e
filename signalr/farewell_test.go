package signalr

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/signalr/protocol"
)

// What another server asks is refused when this one closes, before it leaves the
// backplane, once.
func TestQuestionsOfOthersAreRefusedWhenTheServerCloses(t *testing.T) {
	qs := newQuestions()
	own, other := &question{connection: "a"}, &question{connection: "b", server: "WEB-1"}
	require.NoError(t, qs.add("own", own, 9))
	require.NoError(t, qs.add("other", other, 9))
	assert.Equal(t, map[string]*question{"other": other}, qs.abandon())
	assert.Empty(t, qs.abandon())
	assert.True(t, qs.forget("own", own), "who asked here is told otherwise")
	require.NoError(t, qs.answered("b", protocol.JSON(), protocol.Completion{InvocationID: "other"}), "a late answer is ignored")
}

// A server that never joined a backplane has nobody to say farewell to.
func TestAServerWithoutABackplaneClosesAtOnce(t *testing.T) {
	s, err := NewServer(Options{Hubs: []HubOptions{{Path: "/chat", Hub: &quiet{}}}})
	require.NoError(t, err)
	begun := time.Now()
	require.NoError(t, s.Close())
	assert.Less(t, time.Since(begun), farewellTime)
}

type quiet struct{}

// Nothing does nothing.
func (*quiet) Nothing() {}
