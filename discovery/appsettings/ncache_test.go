package appsettings_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/discovery/appsettings"
	"github.com/signalmesh/signalmesh/discovery/diag"
)

func TestTheSectionIsReadByItsRules(t *testing.T) {
	const places = "in a.json; set it there"
	for _, c := range []struct {
		name, text, application string
		told                    []string
	}{
		{"ApplicationID alone", `{"NCacheConfiguration": {"CacheName": "c", "ApplicationID": "a"}}`, "a", []string{}},
		{"EventKey alone", `{"NCacheConfiguration": {"CacheName": "c", "EventKey": "e"}}`, "e", []string{}},
		{"both, equal", `{"NCacheConfiguration": {"CacheName": "c", "EventKey": "e", "ApplicationID": "e"}}`, "e", []string{}},
		{"both, different", `{"NCacheConfiguration": {"CacheName": "c", "EventKey": "e", "ApplicationID": "a"}}`, "e",
			[]string{`warning a.json:1:44: EventKey "e" is used, because it wins over ApplicationID "a"; keep one`}},
		{"EventKey null", `{"NCacheConfiguration": {"CacheName": "c", "EventKey": null, "ApplicationID": "a"}}`, "a", []string{}},
		{"UserId", `{"NCacheConfiguration": {"CacheName": "c", "EventKey": "e", "UserId": "u"}}`, "e", []string{}},
		{"nothing", `{}`, "", []string{
			"error NCacheConfiguration: no CacheName; looked for NCacheConfiguration:CacheName " + places,
			"error NCacheConfiguration: no ApplicationID; looked for NCacheConfiguration:ApplicationID and NCacheConfiguration:EventKey " + places,
		}},
		{"the other product", `{"NCacheSettings": {"CacheName": "c"}}`, "", []string{
			"error NCacheConfiguration: no CacheName; looked for NCacheConfiguration:CacheName " + places + "; NCacheSettings is there, but it belongs to NCache's distributed cache and is not read",
			"error NCacheConfiguration: no ApplicationID; looked for NCacheConfiguration:ApplicationID and NCacheConfiguration:EventKey " + places + "; NCacheSettings is there, but it belongs to NCache's distributed cache and is not read",
		}},
		{"an array", `{"NCacheConfiguration": [{"CacheName": "c"}]}`, "", []string{
			`error a.json:1:27: NCacheConfiguration is an array; that is the form of NCache's distributed cache (NCacheFactorySettings:NCacheConfigurations); for SignalR write one object: "NCacheConfiguration": { "CacheName": "…", "ApplicationID": "…" }`,
		}},
		{"a password in the file", `{"NCacheConfiguration": {"CacheName": "c", "EventKey": "e", "Password": "hunter2"}}`, "e",
			[]string{`warning a.json:1:61: the file contains a password in clear text; give it in another way`}},
		{"a single value", `{"NCacheConfiguration": "c"}`, "", []string{
			`error a.json:1:2: NCacheConfiguration: is a single value, expected a section with keys of its own`,
			"error NCacheConfiguration: no CacheName; looked for NCacheConfiguration:CacheName " + places,
			"error NCacheConfiguration: no ApplicationID; looked for NCacheConfiguration:ApplicationID and NCacheConfiguration:EventKey " + places,
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			n, problems := parse(t, c.text).NCache()
			assert.Equal(t, c.told, told(problems))
			assert.Equal(t, c.application, n.Application())
		})
	}
}

func TestAPasswordInTheEnvironmentIsFine(t *testing.T) {
	t.Chdir(t.TempDir())
	c, problems := appsettings.Load(appsettings.Options{Environ: []string{
		"NCacheConfiguration__CacheName=c", "NCacheConfiguration__EventKey=e", "NCacheConfiguration__UserId=u", "NCacheConfiguration__Password=hunter2"}})
	require.Empty(t, problems)
	n, problems := c.NCache()
	require.Empty(t, problems)
	assert.Equal(t, "u", n.UserID)
	assert.Equal(t, "hunter2", string(n.Password))

	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("read", "settings", n, "password", n.Password)
	text, err := json.Marshal(n)
	require.NoError(t, err)
	shown := log.String() + string(text) + fmt.Sprintf("%v %+v %#v %d %q", n, n, n, n.Password, n.Password)
	for _, e := range c.Section(appsettings.SectionName).Entries() {
		shown += e.Shown()
	}
	assert.NotContains(t, shown, "hunter2")
	assert.Empty(t, fmt.Sprint(appsettings.Secret("")))
}

func TestConnectionOptionsAreCheckedAndInnerOnesWin(t *testing.T) {
	n, problems := parse(t, `{"NCacheConfiguration": {"CacheName": "c", "EventKey": "e",
"RetryInterval": 1, "ConnectionTimeout": 7, "ConnectionOptions": {
"RetryInterval": 0, "ConnectionRetries": 0, "RetryConnectionDelay": "-5", "ClientRequestTimeOut": 60,
"LogLevel": "Loud", "LoadBalance": "FALSE", "EnableClientLogs": true, "ClientBindIP": "10.0.0.1", "AppName": "x",
"ServerList": [{"Name": "a"}, {"Port": 1},
{"Name": "b", "Port": 0}, {"Name": "d", "Port": "x"}]}}}`).NCache()
	assert.Equal(t, []string{
		`error a.json:6:41: NCacheConfiguration:ConnectionOptions:ServerList:3:Port: "x" cannot be converted to a whole number (int)`,
		`warning a.json:3:45: NCacheConfiguration:ConnectionOptions:RetryConnectionDelay: -5 is not in the range from 0; it is ignored`,
		`warning a.json:3:21: NCacheConfiguration:ConnectionOptions:ConnectionRetries: 0 is not in the range from 1; it is ignored`,
		`warning a.json:4:1: NCacheConfiguration:ConnectionOptions:LogLevel: "Loud" is not "Info", "Error" or "Debug"; it is ignored`,
		`error a.json:5:32: NCacheConfiguration:ConnectionOptions:ServerList:1: a server without a Name; write { "Name": "10.0.0.1" }`,
		`error a.json:6:15: NCacheConfiguration:ConnectionOptions:ServerList:2:Port: "0" is no TCP port; expected 1 to 65535`,
	}, told(problems))
	o := n.ConnectionOptions
	assert.Equal(t, 0, *o.RetryInterval)
	assert.Equal(t, 7, *o.ConnectionTimeout)
	assert.Equal(t, 60, *o.ClientRequestTimeOut)
	assert.Nil(t, o.ConnectionRetries)
	assert.Nil(t, o.RetryConnectionDelay)
	assert.False(t, *o.LoadBalance)
	assert.True(t, *o.EnableClientLogs)
	assert.Equal(t, "", o.LogLevel)
	assert.Equal(t, "10.0.0.1", o.ClientBindIP)
	assert.Equal(t, appsettings.ServerAddress{Name: "a", Port: 9800, Origin: diag.Origin{Source: "a.json", Line: 5, Column: 17}}, o.ServerList[0])
}
