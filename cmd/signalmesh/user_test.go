package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// user runs "signalmesh user" and returns what it prints.
func user(t *testing.T, code int, args ...string) string {
	var out bytes.Buffer
	assert.Equal(t, code, run(t.Context(), append([]string{"user"}, args...), &out, &out), "%s: %s", args, &out)
	return out.String()
}

func TestUsersAreMadeListedAndChecked(t *testing.T) {
	dir := t.TempDir()
	secret, other, file := filepath.Join(dir, "secret"), filepath.Join(dir, "other"), filepath.Join(dir, "users.txt")
	require.NoError(t, os.WriteFile(secret, []byte("s3cret\n"), 0o600))
	require.NoError(t, os.WriteFile(other, []byte("guess"), 0o600))
	line := user(t, 0, "add", "shop", "--cache", "demo", "--app", "shop", "--app", "till 1", "--password-file", secret)
	assert.True(t, strings.HasPrefix(line, "shop shop,till%201 SCRAM-SHA-256$200000:"), line)
	assert.NotContains(t, line, "s3cret")
	require.NoError(t, os.WriteFile(file, []byte("# users\n"+line), 0o600))
	t.Setenv("SIGNALMESH_CACHE", "demo")
	assert.Equal(t, "shop: shop, till 1\n", user(t, 0, "list", file))
	assert.Equal(t, "shop is let into shop, till 1\n", user(t, 0, "check", file, "shop", "--password-file", secret))
	assert.Contains(t, user(t, 1, "check", file, "shop", "--password-file", other), `user "shop" with this password is not in`)
	assert.Contains(t, user(t, 1, "list", file, "--cache", "other"), "users.txt: line 2: user \"shop\": its verifier was made for another cache")
}

func TestUserTellsWhatIsMissing(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty")
	require.NoError(t, os.WriteFile(empty, nil, 0o600))
	assert.Contains(t, user(t, 0), "signalmesh user add hub")
	assert.Contains(t, user(t, 2, "ad"), `user has no command "ad"; did you mean "add"?`)
	assert.Contains(t, user(t, 2, "add"), "user add takes a name")
	assert.Contains(t, user(t, 2, "add", "hub"), "--cache, or SIGNALMESH_CACHE")
	assert.Contains(t, user(t, 2, "check", "file", "--cache", "demo"), "takes a file and a name")
	assert.Contains(t, user(t, 1, "add", "hub", "--cache", "demo", "--password-file", empty), "on one line")
	assert.Contains(t, user(t, 1, "list", "no/file", "--cache", "demo"), "no/file")
}

func TestThePasswordMayBeInAFile(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(secret, []byte("s3cret\r\n"), 0o600))
	var out, errs bytes.Buffer
	args := []string{"node", "--cache", "demo", "--app", "chat", "--user", "hub", "--password-file", secret, "--print-config"}
	require.Zero(t, run(t.Context(), args, &out, &errs), errs.String())
	table := strings.Join(strings.Fields(out.String()), " ")
	assert.Contains(t, table, "password [hidden] --password-file")
	assert.NotContains(t, table, "s3cret")
	assert.Equal(t, 2, run(t.Context(), append(args, "--password", "x"), &out, &errs))
	assert.Contains(t, errs.String(), "the password is given twice, by --password and by --password-file")
}
