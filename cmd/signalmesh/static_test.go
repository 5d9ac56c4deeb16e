package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestStaticFilesAreThoseThatMayBeSeen(t *testing.T) {
	top := t.TempDir()
	site := filepath.Join(top, "site")
	for name, content := range map[string]string{
		"secret.txt":                    "secret",
		"site/index.html":               "home",
		"site/app.js":                   "app",
		"site/.env":                     "secret",
		"site/.git/config":              "secret",
		"site/.well-known/security.txt": "contact",
		"site/.well-known/.hidden":      "secret",
		"site/a..b/c.d.txt":             "dots",
		"site/listed/file.txt":          "file",
		"site/..data/mounted.txt":       "mounted",
		"site/docs/index.html":          "docs",
		"site/odd/index.html/inner.txt": "inner",
	} {
		path := filepath.Join(top, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	}
	for link, target := range map[string]string{
		"link.txt": "../secret.txt", "absolute.txt": filepath.Join(top, "secret.txt"), "up": "..",
		"inside.txt": "app.js", "mounted.txt": "..data/mounted.txt", "loop": "loop", // "..data" as in a mounted ConfigMap
	} {
		require.NoError(t, os.Symlink(target, filepath.Join(site, link)))
	}
	handler := http.FileServerFS(folder(site))
	get := func(path string) (int, string) {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodGet, "http://host/", nil)
		r.URL.Path = path
		handler.ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	for path, want := range map[string]string{
		"/": "home", "/app.js": "app", "/docs/": "docs", "/inside.txt": "app", "/mounted.txt": "mounted",
		"/a..b/c.d.txt": "dots", "/listed/file.txt": "file", "/.well-known/security.txt": "contact",
	} {
		code, body := get(path)
		assert.Equal(t, http.StatusOK, code, path)
		assert.Equal(t, want, body, path)
	}
	for _, path := range []string{
		"/.env", "/.git/config", "/.git/", "/.well-known/.hidden", "/.well-known/", "/link.txt", "/absolute.txt", "/up/secret.txt", "/up/",
		"/listed/", "/listed", "/odd/", "/loop", "/..data/mounted.txt", "/nothing", "/../secret.txt", "/a/../../secret.txt", "/%2e%2e/secret.txt", "/.\x00env",
	} {
		code, body := get(path)
		assert.Equal(t, http.StatusNotFound, code, path)
		assert.NotContains(t, body, "secret", path)
	}
	require.NoError(t, os.RemoveAll(site))
	code, _ := get("/")
	assert.Equal(t, http.StatusNotFound, code, "the folder itself is gone")
}
