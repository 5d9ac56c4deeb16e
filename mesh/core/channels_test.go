package core

import (
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestChannelsAreASetOfAnySize(t *testing.T) {
	var c channels
	var want []string
	for i := range 3 * fewChannels {
		name := strconv.Itoa(100 + i)
		require.True(t, c.add(name))
		require.False(t, c.add(name), "twice")
		want = append(want, name)
		require.Equal(t, want, slices.Sorted(c.all()))
		require.Equal(t, len(want)*(3+channelCost), c.bytes)
	}
	for len(want) > 0 {
		require.True(t, c.remove(want[0]))
		require.False(t, c.remove(want[0]), "twice")
		require.False(t, c.has(want[0]))
		want = want[1:]
		require.Equal(t, len(want), c.len())
		assert.ElementsMatch(t, want, slices.Collect(c.all()))
	}
	assert.Zero(t, c.bytes)
}
