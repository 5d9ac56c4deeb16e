//go:build linux

package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheTableReplacesTheOneInTheManual(t *testing.T) {
	path := filepath.Join(t.TempDir(), "manual.md")
	require.NoError(t, os.WriteFile(path, []byte("before\n"+tableBegin+"\nold\n"+tableEnd+"\nafter\n"), 0o644))
	outcomes := []Outcome{{Scenario: "partition 2|3", Result: Result{Sums: Sums{Delivered: 7, Missing: 2}, Reported: 3}, Recovery: 1500 * time.Millisecond}}
	for range 2 { // the second time over the first
		require.NoError(t, record(path, outcomes, "How."))
	}
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, `before
`+tableBegin+`
How.

| Scenario | Offered | Delivered | Reported lost | Unaccounted | Duplicates | Out of order | Refused | Recovered in | OK |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
| partition 2\|3 | 9 | 7 | 3 | 0 | 0 | 0 | 0 | 1.5 s | yes |
`+tableEnd+"\nafter\n", string(got))
}

func TestTheManualHasAPlaceForTheTableAndTellsOfEveryScenario(t *testing.T) {
	manual, err := os.ReadFile("../../../docs/reliability.md")
	require.NoError(t, err)
	assert.Contains(t, string(manual), tableBegin)
	assert.Contains(t, string(manual), tableEnd)
	for _, s := range scenarios() {
		assert.Contains(t, string(manual), "**"+s.name+".** "+s.story)
	}
}
