package node_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/node"
)

func TestReloadAppliesTheUsersAndNamesTheRest(t *testing.T) {
	dir := t.TempDir()
	settings, users := filepath.Join(dir, "appsettings.json"), filepath.Join(dir, "users.txt")
	write := func(path, text string) { require.NoError(t, os.WriteFile(path, []byte(text), 0o600)) }
	write(settings, `{"NCacheConfiguration":{"CacheName":"demo","ApplicationID":"chat","UserID":"hub","Password":"old"}}`)
	write(users, line(t, "old"))
	log := &logbook{}
	n, err := node.New(t.Context(), node.Options{
		Listen: "127.0.0.1:0", Config: settings, Users: users, Logger: slog.New(slog.NewTextHandler(log, nil)),
	})
	require.NoError(t, err)
	defer n.Close()
	require.NoError(t, n.Reload())
	log.await(t, `msg="users read again" users=1`)
	log.await(t, `msg="settings reloaded; no other has changed" reloaded=users`)

	write(users, line(t, "old")+line(t, "new"))
	write(settings, `{"NCacheConfiguration":{"CacheName":"demo","ApplicationID":"shop","UserID":"hub","Password":"new"}}`)
	require.NoError(t, n.Reload())
	log.await(t, `msg="users read again" users=2`)
	log.await(t, `reloaded=users `)
	assert.Equal(t, "chat", n.Settings().ApplicationID())

	write(users, "hub\n")
	assert.ErrorContains(t, n.Reload(), "users.txt: line 1")
	log.await(t, `level=ERROR msg="settings not reloaded`)
}

func TestReloadWithoutUsers(t *testing.T) {
	log := &logbook{}
	n := open(t, func(o *node.Options) { o.Logger = slog.New(slog.NewTextHandler(log, nil)) })
	require.NoError(t, n.Reload())
	log.await(t, `msg="settings reloaded; no other has changed" reloaded=none`)
}
