package scenario

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAFaultEndsAfterItsTimeOrWithTheRun(t *testing.T) {
	s, err := Scenario{Regions: []Region{{Name: "lan", Nodes: 5}}}.Complete() // a minute of load, and 20 s
	require.NoError(t, err)
	at := func(f Fault) time.Duration {
		f.At = Duration(10 * time.Second)
		return s.End(f)
	}
	assert.Equal(t, 15*time.Second, at(Fault{Do: Cut, For: Duration(5 * time.Second)}))
	assert.Equal(t, 80*time.Second, at(Fault{Do: Cut}))
	assert.Equal(t, 80*time.Second, at(Fault{Do: Churn}))
	assert.Equal(t, time.Minute, at(Fault{Do: FloodAct}), "it is part of the load")
	assert.Equal(t, 10*time.Second, at(Fault{Do: Kill}))
	assert.Equal(t, 31*time.Second, at(Fault{Do: RollingRestart, Every: Duration(5 * time.Second), Down: Duration(time.Second)}))
}
