package chat

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func get(h http.Handler, method, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, path, nil))
	return w
}

func TestPageHasAllItNeeds(t *testing.T) {
	page := Page([]byte("var signalR"))
	index := get(page, "GET", "/")
	require.Equal(t, http.StatusOK, index.Code)
	assert.Equal(t, "text/html; charset=utf-8", index.Header().Get("Content-Type"))

	links := regexp.MustCompile(`(?:src|href)="([^"#]+)"`).FindAllStringSubmatch(index.Body.String(), -1)
	require.NotEmpty(t, links)
	for _, link := range links {
		assert.NotContains(t, link[1], ":", "the page needs something from elsewhere")
		assert.Equal(t, http.StatusOK, get(page, "GET", "/"+link[1]).Code, link[1])
	}
	assert.Equal(t, "var signalR", get(page, "GET", "/signalr.min.js").Body.String())
	assert.Contains(t, get(page, "GET", "/signalr.min.js").Header().Get("Content-Type"), "javascript")
}

func TestPageWithoutTheScript(t *testing.T) {
	page := Page(nil)
	assert.Equal(t, http.StatusOK, get(page, "GET", "/").Code)
	assert.Equal(t, http.StatusNotFound, get(page, "GET", "/signalr.min.js").Code)
}

func TestPageServesNothingElse(t *testing.T) {
	page := Page(nil)
	assert.Equal(t, http.StatusNotFound, get(page, "GET", "/demo/servers").Code, "the page takes this for: no demo")
	assert.Equal(t, http.StatusMethodNotAllowed, get(page, "POST", "/").Code)
	assert.NotEqual(t, http.StatusOK, get(page, "GET", "/../page.go").Code)
}

func TestPageIsGuarded(t *testing.T) {
	header := get(Page(nil), "GET", "/").Header()
	assert.Contains(t, header.Get("Content-Security-Policy"), "default-src 'none'")
	assert.Contains(t, header.Get("Content-Security-Policy"), "frame-ancestors 'none'")
	assert.NotContains(t, header.Get("Content-Security-Policy"), "unsafe")
	assert.Equal(t, "nosniff", header.Get("X-Content-Type-Options"))
}

// Text of others must never be parsed as HTML.
func TestScriptsParseNoHTML(t *testing.T) {
	parses := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|setHTML|createContextualFragment|\beval\b|new Function`)
	scripts, err := fs.Glob(files, "page/*.js")
	require.NoError(t, err)
	require.NotEmpty(t, scripts)
	for _, name := range scripts {
		script, err := files.ReadFile(name)
		require.NoError(t, err)
		assert.NotRegexp(t, parses, string(script), name)
	}
}
