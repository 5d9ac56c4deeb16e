package main

import (
	"net"
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/node"
)

func TestPlacesAreFreeAndDifferent(t *testing.T) {
	places, err := pickPlaces(0)
	require.NoError(t, err)
	require.Len(t, places, demoServers)
	seen := map[string]bool{}
	for i, p := range places {
		assert.Equal(t, i+1, p.number)
		seen[p.http], seen[p.peer] = true, true
		l, err := net.Listen("tcp", p.http)
		require.NoError(t, err)
		require.NoError(t, l.Close())
	}
	assert.Len(t, seen, 2*demoServers)
}

func TestATakenPortIsNamedWithTheRemedy(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	_, err = pickPlaces(l.Addr().(*net.TCPAddr).Port)
	require.Error(t, err)
	assert.Contains(t, err.Error(), l.Addr().String())
	assert.Contains(t, err.Error(), "--http-port")
}

func TestHTTPPortIsChecked(t *testing.T) {
	for _, base := range []int{-1, 65534, 65535, 70000} {
		_, err := pickPlaces(base)
		var usage usageError
		assert.ErrorAs(t, err, &usage)
		assert.ErrorContains(t, err, strconv.Itoa(base))
	}
}

// The files are what an operator would write, and mean what they should.
func TestDemoFilesAreUnderstood(t *testing.T) {
	files, err := writeDemoFiles(t.TempDir(), testPlaces())
	require.NoError(t, err)
	assert.Empty(t, files.bootstrap)
	o := files.options(testPlaces()[1], nil, nil)
	settings, err := node.Resolve(o)
	require.NoError(t, err)
	assert.Empty(t, settings.Problems)
	text := settings.String()
	for _, want := range []string{demoCache, demoApplication, "127.0.0.1", "127.0.0.2", "127.0.0.3", "9800", files.ncconf, files.config} {
		assert.Contains(t, text, want)
	}
}

func TestPeersOnOneAddressBootstrap(t *testing.T) {
	places := testPlaces()
	for i := range places {
		places[i].peer = "127.0.0.1:" + strconv.Itoa(40001+i)
	}
	folder := t.TempDir()
	files, err := writeDemoFiles(folder, places)
	require.NoError(t, err)
	assert.Empty(t, files.ncconf)
	assert.Equal(t, []string{"127.0.0.1:40001", "127.0.0.1:40002", "127.0.0.1:40003"}, files.bootstrap)
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	assert.Len(t, entries, 1)
	_, err = node.Resolve(files.options(places[0], nil, nil))
	require.NoError(t, err)
}
