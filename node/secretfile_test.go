//go:build unix

package node_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/node"
)

func TestTheModesOfSecretFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "users.txt")
	line, err := node.UserLine("demo", "hub", "s3cret", nil)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, []byte(line+"\n"), 0o600))
	for mode, want := range map[os.FileMode]string{
		0o600: "", 0o400: "", 0o640: "",
		0o644: "has mode 0644: every user of this machine can read it; chmod 600 " + path,
		0o666: "has mode 0666: other users of this machine can change it; chmod 600 " + path,
		0o660: "can change it",
	} {
		require.NoError(t, os.Chmod(path, mode))
		text := node.SecretFileProblem(path)
		assert.Contains(t, text, want)
		assert.Equal(t, want == "", text == "", "%o: %s", mode, text)
	}
	assert.Empty(t, node.SecretFileProblem(path+".none"))
	o := named()
	o.Users = path
	require.NoError(t, os.Chmod(path, 0o666))
	s, err := node.Resolve(o)
	require.NoError(t, err)
	require.Len(t, s.Problems, 1)
	assert.ErrorContains(t, s.Problems[0], "options: "+path+" has mode 0666")
}
