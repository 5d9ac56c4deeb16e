package node

import (
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Connection options of appsettings.json win over client.ncconf, all of them.
func TestConnectionOptionsAreMapped(t *testing.T) {
	o := Options{Listen: "127.0.0.1:0", NCacheOptions: NCacheOptions{CacheName: "demo", ApplicationID: "chat"}}
	section := "NCacheConfiguration__ConnectionOptions__"
	o.Environ = []string{section + "ClientRequestTimeOut=7", section + "EnableClientLogs=true", section + "LogLevel=Debug", section + "RetryInterval=3"}
	s, err := Resolve(o)
	require.NoError(t, err)
	assert.Equal(t, 7*time.Second, s.groupTimeout)
	require.NotNil(t, s.meshLevel)
	assert.Equal(t, slog.LevelDebug, *s.meshLevel)
	assert.Equal(t, 3*time.Second, s.policy.Interval)
	for _, off := range [][]string{nil, {section + "EnableClientLogs=false", section + "LogLevel=Debug"}} {
		o.Environ = off
		s, err = Resolve(o)
		require.NoError(t, err)
		assert.Nil(t, s.meshLevel)
	}
}

func TestNamesOfServersHaveAHost(t *testing.T) {
	assert.Equal(t, "localhost:5001", fullAddress(":5001"))
	assert.Equal(t, "10.0.0.1:5001", fullAddress("10.0.0.1:5001"))
	assert.Equal(t, "", fullAddress(""))
}
