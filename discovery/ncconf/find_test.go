package ncconf_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/discovery/ncconf"
)

const chat = `<configuration><ncache-server port="9800"/><cache id="chat" load-balance="false"><server name="h1"/></cache></configuration>`

func write(t *testing.T, dir, text string) string {
	t.Helper()
	require.NoError(t, os.MkdirAll(dir, 0o755))
	path := filepath.Join(dir, ncconf.FileName)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	return path
}

func TestPlacesAreThoseOfNCacheInOrder(t *testing.T) {
	assert.Equal(t, []string{
		"/srv/client.ncconf", "/app/client.ncconf", "/srv/config/client.ncconf", "/app/config/client.ncconf", "/opt/ncache/config/client.ncconf",
	}, ncconf.Places("/srv", "/app", ""))
	assert.Equal(t, []string{"/srv/client.ncconf", "/srv/config/client.ncconf", "/n/client.ncconf"}, ncconf.Places("/srv", "/srv", "/n"))
}

func TestFindPassesOverAFileWithoutTheCache(t *testing.T) {
	a, b := write(t, t.TempDir(), chat), write(t, t.TempDir(), `<configuration><ncache-server port="9800"/><cache id="Other"><server name="h2"/></cache></configuration>`)
	c, looks, problems := ncconf.Find([]string{"/nowhere/client.ncconf", a, b}, "other", ncconf.Options{})
	require.Empty(t, problems)
	assert.Equal(t, "h2:9800", c.Servers[0].String())
	assert.Equal(t, []ncconf.Look{{"/nowhere/client.ncconf", "not there"}, {a, `no cache "other"`}, {b, "used"}}, looks)

	_, _, problems = ncconf.Find([]string{a, b}, "third", ncconf.Options{})
	assert.Equal(t, []string{
		"error " + a + `: no cache "third"; the only one in the file is "chat"`,
		"error " + b + `: no cache "third"; the only one in the file is "Other"`,
	}, told(problems))
}

func TestFindStopsAtAFileThatCannotBeUsed(t *testing.T) {
	bad, good := write(t, t.TempDir(), "<configuration>"), write(t, t.TempDir(), chat)
	c, looks, problems := ncconf.Find([]string{bad, good}, "chat", ncconf.Options{})
	assert.Nil(t, c)
	assert.True(t, problems.Failed())
	assert.Equal(t, []ncconf.Look{{bad, "unusable"}}, looks)
}

func TestFindNamesEveryPlaceThatHasNoFile(t *testing.T) {
	_, _, problems := ncconf.Find([]string{"/a/client.ncconf", "/b/client.ncconf"}, "chat", ncconf.Options{})
	assert.EqualError(t, problems.Err(), "client.ncconf: not found; looked for /a/client.ncconf, /b/client.ncconf")
	_, _, problems = ncconf.Find([]string{"/a/client.ncconf"}, "chat", ncconf.Options{})
	assert.EqualError(t, problems.Err(), "/a/client.ncconf: there is no such file")
}

func TestLoadTellsTheReasonOfTheSystem(t *testing.T) {
	dir := t.TempDir()
	_, problems := ncconf.Load(dir, ncconf.Options{})
	assert.EqualError(t, problems.Err(), dir+": is a directory; give the path of the file in it")

	_, problems = ncconf.Load("/nowhere/client.ncconf", ncconf.Options{})
	assert.EqualError(t, problems.Err(), "/nowhere/client.ncconf: cannot be read: no such file or directory")

	link := filepath.Join(dir, "link")
	require.NoError(t, os.Symlink(write(t, dir, chat), link))
	f, problems := ncconf.Load(link, ncconf.Options{})
	require.NoError(t, problems.Err())
	assert.Equal(t, []string{"chat"}, f.IDs())

	big := write(t, filepath.Join(dir, "big"), "")
	require.NoError(t, os.Truncate(big, ncconf.MaxFileSize+1))
	_, problems = ncconf.Load(big, ncconf.Options{})
	assert.EqualError(t, problems.Err(), big+": the file is larger than 1048576 bytes")
}

func TestReloadWaitsForAWriter(t *testing.T) {
	path := write(t, t.TempDir(), `<configuration><cache id="ch`)
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		_, problems := ncconf.Reload(t.Context(), path, ncconf.Options{})
		assert.True(t, problems.Failed())
		assert.Equal(t, time.Second, time.Since(start))

		time.AfterFunc(600*time.Millisecond, func() { write(t, filepath.Dir(path), chat) })
		start = time.Now()
		f, problems := ncconf.Reload(t.Context(), path, ncconf.Options{})
		require.NoError(t, problems.Err())
		assert.Equal(t, []string{"chat"}, f.IDs())
		assert.Equal(t, 750*time.Millisecond, time.Since(start))
	})
}

func TestReloadEndsWithItsContext(t *testing.T) {
	path := write(t, t.TempDir(), "")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, problems := ncconf.Reload(ctx, path, ncconf.Options{})
	assert.True(t, problems.Failed())
}
