package appsettings_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/discovery/appsettings"
	"github.com/signalmesh/signalmesh/discovery/diag"
)

func TestLaterLayersWinKeyByKey(t *testing.T) {
	path := filepath.Join("testdata", "appsettings.json")
	c, problems := appsettings.Load(appsettings.Options{
		Path: path,
		Environ: []string{
			"ASPNETCORE_ENVIRONMENT=Staging",
			"NCACHECONFIGURATION__connectionoptions__SERVERLIST__1__Port=9801",
			"NCacheConfiguration_CacheName=one underscore is literal",
			"=C:=C:\\",
		},
		Overrides: []appsettings.Entry{{Key: "ncacheconfiguration:connectionoptions:retryinterval", Value: "9", Origin: diag.Origin{Source: "--retry-interval"}}},
	})
	require.Empty(t, problems)
	n, problems := c.NCache()
	assert.Equal(t, []string{
		`warning environment variable NCacheConfiguration_CacheName: did you mean NCacheConfiguration__CacheName, with two underscores? It is ignored`,
		`warning testdata/appsettings.Staging.json:5:24: NCacheConfiguration:ConnectionOptions:ServerList is mixed from testdata/appsettings.Staging.json and testdata/appsettings.json and environment variables: lists are merged entry by entry, as in .NET; keep the list in one of them`,
	}, told(problems))
	for i := range n.ConnectionOptions.ServerList {
		place := &n.ConnectionOptions.ServerList[i].Origin
		assert.Contains(t, place.String(), []string{"Staging.json:5", "appsettings.json:", "appsettings.json:"}[i])
		*place = diag.Origin{} // compared below without it
	}
	assert.Equal(t, "stagingHub", n.CacheName)
	assert.Equal(t, "live-board", n.Application())
	assert.Equal(t, 4, *n.ConnectionOptions.ConnectionRetries)
	assert.Equal(t, 9, *n.ConnectionOptions.RetryInterval)
	assert.Equal(t, []appsettings.ServerAddress{ // arrays merge by index
		{Name: "staging01.internal.example", Port: 9900},
		{Name: "web02.internal.example", Port: 9801},
		{Name: "web03.internal.example", Port: 9800},
	}, n.ConnectionOptions.ServerList)

	origin := func(key string) string {
		e, ok := c.Section("NCacheConfiguration").Lookup(key)
		require.True(t, ok)
		return e.Origin.String()
	}
	staging := filepath.Join("testdata", "appsettings.Staging.json")
	assert.Equal(t, staging+":2:3", origin("CacheName"))
	assert.Equal(t, path+":5:5", origin("ApplicationID"))
	assert.Equal(t, "environment variable NCACHECONFIGURATION__connectionoptions__SERVERLIST__1__Port", origin("ConnectionOptions:ServerList:1:Port"))
	assert.Equal(t, "--retry-interval", origin("ConnectionOptions:RetryInterval"))
	assert.Equal(t, []string{path, staging, "environment variables"}, c.Sources())
}

func TestTheEnvironmentsNameIsThatOfTheNewHostBuilder(t *testing.T) {
	for _, c := range []struct {
		name, explicit string
		environ        []string
		want           string
		told           []string
	}{
		{name: "none", want: "Production", told: []string{}},
		{name: "aspnet", environ: []string{"ASPNETCORE_ENVIRONMENT=Dev"}, want: "Dev", told: []string{}},
		{name: "both, equal", environ: []string{"ASPNETCORE_ENVIRONMENT=Dev", "DOTNET_ENVIRONMENT=dev"}, want: "dev", told: []string{}},
		{name: "both, different", environ: []string{"ASPNETCORE_ENVIRONMENT=Dev", "DOTNET_ENVIRONMENT=Test"}, want: "Test",
			told: []string{`warning environment variable DOTNET_ENVIRONMENT: "Test" is used, but ASPNETCORE_ENVIRONMENT says "Dev"; set both to the same`}},
		{name: "explicit", explicit: "Mine", environ: []string{"DOTNET_ENVIRONMENT=Test"}, want: "Mine", told: []string{}},
		{name: "a path", environ: []string{"DOTNET_ENVIRONMENT=../../etc"}, want: "../../etc",
			told: []string{`error environment variable DOTNET_ENVIRONMENT: "../../etc" is part of a file's name and cannot be used; expected a word such as "Development"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, problems := appsettings.EnvironmentName(c.explicit, c.environ)
			assert.Equal(t, c.want, got)
			assert.Equal(t, c.told, told(problems))
		})
	}
}

func TestAGivenFileMustBeThere(t *testing.T) {
	_, problems := appsettings.Load(appsettings.Options{Path: "/nowhere/appsettings.json"})
	assert.Equal(t, []string{"error /nowhere/appsettings.json: cannot be read: no such file or directory"}, told(problems))

	t.Chdir(t.TempDir())
	c, problems := appsettings.Load(appsettings.Options{Environ: []string{}})
	require.Empty(t, problems)
	assert.Equal(t, []string{"appsettings.json (not there)", "appsettings.Production.json (not there)", "environment variables"}, c.Sources())
}

func TestEveryFileIsReadBeforeErrorsAreTold(t *testing.T) {
	dir := write(t, map[string]string{"appsettings.json": "{", "appsettings.Production.json": "[]"})
	_, problems := appsettings.Load(appsettings.Options{Path: filepath.Join(dir, "appsettings.json")})
	assert.Len(t, problems, 2)
	_, problems = appsettings.Load(appsettings.Options{Path: dir})
	assert.EqualError(t, problems.Err(), dir+": cannot be read: is a directory")
}

func TestTwoVariablesForOneKeyAreTold(t *testing.T) {
	t.Chdir(t.TempDir())
	c, problems := appsettings.Load(appsettings.Options{Environ: []string{"A__B=1", "A:B=2"}})
	assert.Equal(t, []string{"warning environment variable A__B: means the same key as A:B and wins; keep one"}, told(problems))
	assert.Equal(t, "1", value(t, c, "a:b"))
}

func TestWithoutFilesAndEnvironmentNothingIsLookedAt(t *testing.T) {
	t.Chdir("testdata") // which has an appsettings.json
	c, problems := appsettings.Load(appsettings.Options{NoFiles: true})
	require.Empty(t, problems)
	assert.Empty(t, c.Sources())
	_, problems = c.NCache()
	require.Len(t, problems, 2)
	assert.Equal(t, "NCacheConfiguration: no CacheName", problems[0].Error())

	_, problems = must(appsettings.Load(appsettings.Options{NoFiles: true, Environ: []string{}})).NCache()
	assert.Equal(t, "NCacheConfiguration: no CacheName; looked for NCacheConfiguration:CacheName in environment variables; set it there, or NCacheConfiguration__CacheName=demoClusteredCache in the environment", problems[0].Error())

	c = must(appsettings.Load(appsettings.Options{}))
	assert.NotContains(t, c.Sources(), "environment variables")
}

func must(c *appsettings.Config, _ diag.Problems) *appsettings.Config { return c }
