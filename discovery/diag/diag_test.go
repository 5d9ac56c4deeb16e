package diag_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/signalmesh/signalmesh/discovery/diag"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestOriginNamesThePlaceAsFarAsItIsKnown(t *testing.T) {
	assert.Equal(t, "default", diag.Origin{}.String())
	assert.Equal(t, "a.json", diag.Origin{Source: "a.json"}.String())
	assert.Equal(t, "a.json:3", diag.Origin{Source: "a.json", Line: 3}.String())
	assert.Equal(t, "a.json:3:7", diag.Origin{Source: "a.json", Line: 3, Column: 7}.String())
}

func TestOnlyErrorsFail(t *testing.T) {
	ps := diag.Problems{{Severity: diag.Warning, Message: "w"}, {Severity: diag.Notice, Message: "n"}}
	require.NoError(t, ps.Err())
	assert.False(t, ps.Failed())

	ps = append(ps, diag.Problem{Severity: diag.Error, At: diag.Origin{Source: "f", Line: 1}, Message: "e"})
	assert.EqualError(t, ps.Err(), "f:1: e")
	assert.True(t, ps.Failed())
}

func TestCollectorKeepsErrorsThatComeAfterAFloodOfWarnings(t *testing.T) {
	var c diag.Collector
	for i := range diag.MaxProblems + 5 {
		c.Add(diag.Problem{Severity: diag.Warning, At: diag.Origin{Source: "f", Line: i + 1}, Message: "w"})
	}
	c.Add(diag.Problem{Severity: diag.Error, Message: "e"})

	got := c.Problems()
	require.Len(t, got, diag.MaxProblems+2)
	assert.Equal(t, "e", got[diag.MaxProblems].Message)
	assert.Equal(t, `f:101: 5 more problems of severity "warning" from this line on`, got[diag.MaxProblems+1].Error())
}

func TestStrictTurnsWarningsIntoErrors(t *testing.T) {
	c := diag.Collector{Strict: true}
	c.Add(diag.Problem{Severity: diag.Notice, Message: "n"})
	assert.False(t, c.Failed())
	c.Add(diag.Problem{Severity: diag.Warning, Message: "w"})
	assert.True(t, c.Failed())
}

func ExampleProblems_Err() {
	ps := diag.Problems{
		{Severity: diag.Notice, At: diag.Origin{Source: "client.ncconf", Line: 2}, Message: "harmless"},
		{Severity: diag.Error, At: diag.Origin{Source: "client.ncconf", Line: 4}, Message: `<cache id="demo"> lists no <server>`},
	}
	for _, p := range ps {
		fmt.Println(p.Severity, p)
	}
	fmt.Println(ps.Err())
	// Output:
	// notice client.ncconf:2: harmless
	// error client.ncconf:4: <cache id="demo"> lists no <server>
	// client.ncconf:4: <cache id="demo"> lists no <server>
}
