package main

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// page has a list with one row for two versions of the client.
const page = "text\n" + listBegin + "\n| Client | Transport or protocol | Step | Go hub | ASP.NET Core hub |\n|---|---|---|---|---|\n" +
	"| 8, 10 | JSON | `time` | `1 \\| 2` | `2` |\n" + listEnd + "\ntext"

// results returns the outcomes of one step with three clients and two protocols.
func results(time8, time11 string) outcomes {
	o := make(outcomes)
	for version, outcome := range map[string]string{"8": time8, "10": time8, "11": time11} {
		o[step{version, "WebSockets JSON", "time"}] = outcome
		o[step{version, "WebSockets MessagePack", "time"}] = "same"
	}
	return o
}

func TestDifferencesAreCheckedInBothDirections(t *testing.T) {
	list, err := parseDifferences(page)
	require.NoError(t, err)
	require.Len(t, list, 1)

	there := results("2", "3")
	steps, err := compare(results("1 | 2", "3"), there, list)
	require.NoError(t, err)
	assert.Equal(t, 6, steps)

	_, err = compare(results("1 | 2", "4"), there, list)
	assert.ErrorContains(t, err, "client 11, WebSockets JSON, time: a difference that is not listed")
	_, err = compare(there, there, list)
	assert.ErrorContains(t, err, "client 8, WebSockets JSON, time: the listed difference does not occur")
	_, err = compare(results("0", "3"), there, list)
	assert.ErrorContains(t, err, "the listed difference does not occur", "another difference is none that is listed")

	_, err = compare(outcomes{}, outcomes{}, list)
	assert.ErrorContains(t, err, `the list has "time", and no step is it`)
	delete(there, step{"10", "WebSockets MessagePack", "time"})
	_, err = compare(results("1 | 2", "3"), there, list)
	assert.ErrorContains(t, err, "run at Go hubs: true, at ASP.NET Core: false")
}

func TestTheListOfTheDocumentationIsReadable(t *testing.T) {
	text, err := os.ReadFile("../../../../" + compatibility)
	require.NoError(t, err)
	list, err := parseDifferences(string(text))
	require.NoError(t, err)
	assert.NotEmpty(t, list)
}

func TestBrokenListsAreRefused(t *testing.T) {
	_, err := parseDifferences("no list")
	assert.ErrorContains(t, err, "is missing")
	_, err = parseDifferences(listBegin + "\n| all | `a` |\n" + listEnd)
	assert.ErrorContains(t, err, "has 2 cells and not 5")
}
