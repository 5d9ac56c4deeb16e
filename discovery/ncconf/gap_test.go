package ncconf_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/discovery/ncconf"
)

func TestThePortInANameIsUsed(t *testing.T) {
	for server, want := range map[string]int{
		`name="host-1:9911"`:                            9911,
		`name="[fd00::1]:9911"`:                         9911,
		`name="host-1:9911" port="9911"`:                9911,
		`name="host-1" port="9911"`:                     9911,
		`name="host-1"`:                                 9900,
		`name="host-1:9911" port-range="2" priority=""`: 9911,
	} {
		c, problems := read(`<configuration><ncache-server port="9900"/><cache id="demo"><server `+server+`/></cache></configuration>`, "demo", ncconf.Options{})
		require.NotNil(t, c, problems)
		assert.Equal(t, want, c.Servers[0].Port, server)
	}
	_, problems := read(`<configuration><cache id="demo"><server name="host-1:9911" port="9912"/></cache></configuration>`, "demo", ncconf.Options{})
	assert.ErrorContains(t, problems.Err(), "name two ports; keep one")
}

func TestSecondsBelowTheLeastAreTheDefault(t *testing.T) {
	c, problems := read(`<configuration><ncache-server client-request-timeout="0" connection-timeout="-5"/><cache id="demo"><server name="host-1"/></cache></configuration>`, "demo", ncconf.Options{})
	require.NotNil(t, c)
	d, _ := read(`<configuration><cache id="demo"><server name="host-1"/></cache></configuration>`, "demo", ncconf.Options{})
	require.NotNil(t, d)
	assert.Equal(t, d.ClientRequestTimeout.Value, c.ClientRequestTimeout.Value)
	assert.Equal(t, d.ConnectionTimeout.Value, c.ConnectionTimeout.Value)
	assert.GreaterOrEqual(t, c.ConnectionTimeout.Value, time.Second)
	require.Len(t, problems, 2)
	assert.Contains(t, problems[0].Message, "is below ")
}
