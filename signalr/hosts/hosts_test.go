package hosts_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/signalr/hosts"
)

func TestNamesAllowThemselvesAndThisMachine(t *testing.T) {
	names, err := hosts.Parse([]string{"App.Example.net", "*.example.org.", " 10.0.0.1 "})
	require.NoError(t, err)
	for host, want := range map[string]bool{
		"app.example.net": true, "APP.example.net:8443": true, "app.example.net.": true, "app.example.net.:80": true,
		"a.example.org": true, "a.b.example.org:1": true, "example.org": false, ".example.org": false, "badexample.org": false,
		"other.app.example.net": false, "app.example.net.evil.example": false, "rebound.example:5000": false,
		"127.0.0.1": true, "127.0.0.1:5000": true, "[::1]:5000": true, "[::1]": true, "::1": true, "192.0.2.7:1": true,
		"localhost:5000": true, "LOCALHOST": true, "a.localhost:1": true, "notlocalhost": false, "": true,
		"127.0.0.1.evil.example": false, "[::1].evil.example": false, "2130706433": false, "0x7f.1": false,
	} {
		assert.Equal(t, want, names.Allow(host), host)
	}
	assert.False(t, hosts.Names{}.Allow("a.example"))
	machine, err := os.Hostname()
	require.NoError(t, err)
	assert.True(t, hosts.Names{}.Allow(strings.ToUpper(machine)+":5000"))
	assert.True(t, hosts.Names{}.Empty())
	assert.False(t, names.Empty())
}

func TestAStarIsEveryName(t *testing.T) {
	names, err := hosts.Parse([]string{"*"})
	require.NoError(t, err)
	assert.True(t, names.Any())
	assert.True(t, names.Allow("rebound.example"))
}

func TestWrongNamesAreRefused(t *testing.T) {
	for _, name := range []string{"", "https://a.example", "a.example:80", "a.*.example", "*a.example", "*.", "a b"} {
		_, err := hosts.Parse([]string{name})
		assert.ErrorContains(t, err, "is not a host name", name)
	}
}

func FuzzSplit(f *testing.F) {
	f.Add("[::1]:80")
	f.Add("a.example:443")
	f.Fuzz(func(t *testing.T, host string) {
		name, _ := hosts.Split(host)
		if hosts.Names.Allow(hosts.Names{}, host) && host != "" {
			machine, _ := os.Hostname()
			assert.Regexp(t, `^(.*\.)?localhost$|^[0-9a-f:.]+(%(?s:.*))?$|^`+regexp.QuoteMeta(strings.ToLower(machine))+`$`, name)
		}
	})
}
