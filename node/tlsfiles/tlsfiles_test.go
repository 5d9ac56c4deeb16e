package tlsfiles_test

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/node/tlsfiles"
	"github.com/signalmesh/signalmesh/node/tlsfiles/tlsfilestest"
)

// served returns the name in the certificate that is served after the files have been
// looked at again.
func served(t *testing.T, p *tlsfiles.Pair) string {
	time.Sleep(tlsfiles.CheckEvery) // in the bubble
	c, err := p.Config().GetCertificate(nil)
	require.NoError(t, err)
	return c.Leaf.Subject.CommonName
}

func TestACertificateIsReadAgainWhenItChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		folder, log := t.TempDir(), &bytes.Buffer{}
		until := time.Now().Add(24 * time.Hour)
		cert, key, _ := tlsfilestest.Write(t, folder, "first", until)
		p, err := tlsfiles.Open(cert, key, slog.New(slog.NewTextHandler(log, nil)))
		require.NoError(t, err)
		assert.Equal(t, "first", served(t, p))

		// Half of a renewal: the key is that of another certificate.
		old, err := os.ReadFile(key)
		require.NoError(t, err)
		tlsfilestest.Write(t, folder, "second", until)
		renewed, err := os.ReadFile(key)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(key, append(old, '\n'), 0o600))
		assert.Equal(t, "first", served(t, p))
		assert.Equal(t, "first", served(t, p))
		assert.Equal(t, 1, strings.Count(log.String(), "not read again"), log.String())

		require.NoError(t, os.WriteFile(key, renewed, 0o600))
		assert.Equal(t, "second", served(t, p))
		require.NoError(t, os.Remove(cert))
		assert.Equal(t, "second", served(t, p))
		assert.Contains(t, log.String(), "no such file")
	})
}

func TestAWrongCertificateIsNamed(t *testing.T) {
	folder := t.TempDir()
	cert, key, _ := tlsfilestest.Write(t, folder, "x", time.Now().Add(time.Hour))
	_, err := tlsfiles.Open(filepath.Join(folder, "none.crt"), key, nil)
	assert.ErrorContains(t, err, "none.crt: no such file")
	_, err = tlsfiles.Open(cert, cert, nil)
	assert.ErrorContains(t, err, "give a PEM certificate with its chain")
	cert, key, _ = tlsfilestest.Write(t, folder, "x", time.Now().Add(-time.Hour))
	_, err = tlsfiles.Open(cert, key, nil)
	assert.ErrorContains(t, err, "it expired on")
}
