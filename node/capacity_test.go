package node

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestOpenFilesAreKeptForPeersAndAdmin(t *testing.T) {
	for files, want := range map[int]int{64: 32, 256: 128, 1024: 896, 4096: 3584, 65536: 64512, 1 << 20: 1<<20 - 1024, 0: 0} {
		assert.Equal(t, want, newCapacity(files, 0).clients, "of %d files", files)
	}
	assert.Equal(t, 10, newCapacity(1024, 10).clients, "as the operator wants")
	assert.Equal(t, 10, newCapacity(0, 10).clients)
}

func TestANodeFullOfClientsHasRoomAgainWhenATwentiethHasLeft(t *testing.T) {
	c := newCapacity(0, 40)
	for range 39 {
		require.True(t, c.enter())
	}
	assert.Empty(t, c.full())
	require.True(t, c.enter())
	assert.Equal(t, "full: 40 connections of clients are open, and the limit is 40; new clients get 503: raise --max-connections or add servers", c.full())
	assert.False(t, c.enter())
	assert.EqualValues(t, 1, c.status().Refused)
	c.leave()
	c.leave()
	assert.NotEmpty(t, c.full(), "38 of 40")
	require.True(t, c.enter(), "there is room for it all the same")
	c.leave()
	c.leave()
	assert.Empty(t, c.full())
	assert.Equal(t, 37, c.status().Connections)
}

func TestANodeWithoutALimitIsNeverFull(t *testing.T) {
	c := newCapacity(0, 0)
	for range 100_000 {
		require.True(t, c.enter())
	}
	assert.Empty(t, c.full())
}

func TestTheLimitOfOpenFilesIsNamed(t *testing.T) {
	c := newCapacity(64, 0)
	for range 32 {
		require.True(t, c.enter())
	}
	assert.Contains(t, c.full(), "raise the limit of 64 open files (ulimit -n, LimitNOFILE in systemd)")
}

func TestFilesOfTheApplicationCountToo(t *testing.T) {
	c := newCapacity(1024, 0)
	c.count(960)
	assert.Empty(t, c.full())
	c.count(961)
	assert.Contains(t, c.full(), "full: 961 of 1024 open files are in use")
	assert.False(t, c.enter())
	c.count(920)
	assert.NotEmpty(t, c.full())
	c.count(900)
	assert.Empty(t, c.full())
	c.exhausted(syscall.EAGAIN)
	assert.Empty(t, c.full())
	c.exhausted(errors.New("other"))
	assert.Empty(t, c.full())
	c.exhausted(syscall.EMFILE)
	assert.Contains(t, c.full(), "full: 1024 of 1024 open files are in use")
}

func TestHubsOfAnApplicationTakeNoNewClientsWithoutOpenFiles(t *testing.T) {
	c := newCapacity(1024, 0)
	h := c.guard(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }))
	ask := func(method, path string, header ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, path, nil)
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	assert.Equal(t, 200, ask("POST", "/chat/negotiate").Code)
	c.count(1024)
	for _, w := range []*httptest.ResponseRecorder{
		ask("POST", "/chat/negotiate?negotiateVersion=1"), ask("POST", "/chat/Negotiate/"), ask("GET", "/chat", "Upgrade", "WebSocket"),
	} {
		assert.Equal(t, 503, w.Code)
		assert.Equal(t, "5", w.Header().Get("Retry-After"))
		assert.Equal(t, "close", w.Header().Get("Connection"))
	}
	for _, w := range []*httptest.ResponseRecorder{
		ask("GET", "/chat?id=x"), ask("POST", "/chat?id=x"), ask("GET", "/chat?id=x", "Upgrade", "websocket"), ask("OPTIONS", "/chat/negotiate"),
	} {
		assert.Equal(t, 200, w.Code, "connections that are there go on")
	}
	assert.EqualValues(t, 3, c.status().Refused)
}
