package appsettings_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/discovery/appsettings"
	"github.com/signalmesh/signalmesh/discovery/diag"
)

func TestKeysThatAreNotReadAreReported(t *testing.T) {
	c := parse(t, `{
"Logging": {"LogLevel": "x"},
"NCacheConfiguraton": {"CacheName": "x"},
"NCacheConfiguration": {
"CacheName": "demo", "ApplicationID": "chat",
"Pasword": "s3cret",
"Colour": {"Deep": "red"},
"RetryIntervall": 1,
"ConnectionOptions": {"RetryIntervall": 3, "EnableKeepAlive": true, "cachename": "x",
"ServerList": [{"Nmae": "a", "Name": "b"}, {"Name": "c", "PORT": 1}]}}}`)
	_, problems := c.NCache()
	assert.ElementsMatch(t, []string{
		`warning a.json:3:24: "NCacheConfiguraton": did you mean "NCacheConfiguration"? The section is ignored`,
		`warning a.json:6:1: "NCacheConfiguration:Pasword" is not a known key; did you mean "Password"? It is ignored`,
		`warning a.json:7:12: "NCacheConfiguration:Colour" is not a known key; it is ignored. Known keys: CacheName, ApplicationID, EventKey, UserID, Password, ConnectionOptions, ServerList, ClientBindIP, LoadBalance, ConnectionRetries, ConnectionTimeout, RetryInterval, RetryConnectionDelay, ClientRequestTimeOut, AppName, EnableClientLogs, LogLevel`,
		`warning a.json:8:1: "NCacheConfiguration:RetryIntervall" is not a known key; did you mean "RetryInterval"? It is ignored`,
		`warning a.json:9:23: "NCacheConfiguration:ConnectionOptions:RetryIntervall" is not a known key; did you mean "RetryInterval"? It is ignored`,
		`notice a.json:9:44: "NCacheConfiguration:ConnectionOptions:EnableKeepAlive" has no meaning in a mesh; it is ignored`,
		`warning a.json:9:69: "NCacheConfiguration:ConnectionOptions:cachename" is not a known key; it is ignored. Known keys: ServerList, ClientBindIP, LoadBalance, ConnectionRetries, ConnectionTimeout, RetryInterval, RetryConnectionDelay, ClientRequestTimeOut, AppName, EnableClientLogs, LogLevel`,
		`warning a.json:10:17: "NCacheConfiguration:ConnectionOptions:ServerList:0:Nmae" is not a known key; did you mean "Name"? It is ignored`,
	}, told(problems))
	assert.NotContains(t, fmt.Sprint(told(problems)), "s3cret")
}

func TestUnknownVariablesOfTheSectionAreReported(t *testing.T) {
	dir := write(t, map[string]string{"appsettings.json": `{"NCacheConfiguration":{"CacheName":"demo","ApplicationID":"chat"}}`})
	c, problems := appsettings.Load(appsettings.Options{Path: dir + "/appsettings.json", Environ: []string{
		"NCacheConfiguration__CacheNam=x", "NCacheConfiguration_Password=s3cret", "PATH=/bin",
	}})
	require.Empty(t, problems)
	_, problems = c.NCache()
	assert.Equal(t, []string{
		`warning environment variable NCacheConfiguration_Password: did you mean NCacheConfiguration__Password, with two underscores? It is ignored`,
		`warning environment variable NCacheConfiguration__CacheNam: "NCacheConfiguration:CacheNam" is not a known key; did you mean "CacheName"? It is ignored`,
	}, told(problems))
}

func TestEmptyVariablesAreNotSet(t *testing.T) {
	dir := write(t, map[string]string{"appsettings.json": `{"NCacheConfiguration":{"CacheName":"demo","ApplicationID":"chat",
"ConnectionOptions":{"LoadBalance":false,"RetryInterval":3,"ServerList":[{"Name":"a"}]}}}`})
	c, problems := appsettings.Load(appsettings.Options{Path: dir + "/appsettings.json", Environ: []string{
		"NCacheConfiguration__CacheName=", "NCacheConfiguration__ConnectionOptions__LoadBalance= ", "NCacheConfiguration__ConnectionOptions__RetryInterval=",
		"NCacheConfiguration__ConnectionOptions__ServerList__0__Name=", "NCACHECONFIGURATION__CACHENAME=", "ASPNETCORE_ENVIRONMENT=", "NCacheConfiguration__ConnectionOptions=",
	}})
	require.Empty(t, problems)
	n, problems := c.NCache()
	require.Empty(t, problems)
	assert.Equal(t, "demo", n.CacheName)
	assert.False(t, *n.ConnectionOptions.LoadBalance)
	assert.Equal(t, 3, *n.ConnectionOptions.RetryInterval)
	assert.Equal(t, "a", n.ConnectionOptions.ServerList[0].Name)
}

func TestReportsOfKeysAreBounded(t *testing.T) {
	var b strings.Builder
	for i := range 9000 {
		fmt.Fprintf(&b, `"unknown%d":1,`, i)
	}
	_, problems := parse(t, `{"NCacheConfiguration":{`+b.String()+`}}`).NCache()
	assert.Less(t, len(problems), 2*diag.MaxProblems)
}
