package signalr

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A plainWriter is the writer of a middleware that hides all but the three methods.
type plainWriter struct{ inner http.ResponseWriter }

func (w plainWriter) Header() http.Header         { return w.inner.Header() }
func (w plainWriter) Write(b []byte) (int, error) { return w.inner.Write(b) }
func (w plainWriter) WriteHeader(status int)      { w.inner.WriteHeader(status) }

// An unwrapWriter is one that follows the advice of http.ResponseController.
type unwrapWriter struct{ plainWriter }

func (w unwrapWriter) Unwrap() http.ResponseWriter { return w.inner }

// A routerWriter is one like those of routers, which trust the writer inside.
type routerWriter struct{ plainWriter }

func (w routerWriter) Unwrap() http.ResponseWriter { return w.inner }
func (w routerWriter) Flush()                      { w.inner.(http.Flusher).Flush() }
func (w routerWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return w.inner.(http.Hijacker).Hijack()
}

// A quietWriter does nothing if the writer inside lacks a method, and does not return
// http.ErrNotSupported.
type quietWriter struct{ plainWriter }

func (w quietWriter) Unwrap() http.ResponseWriter { return w.inner }
func (w quietWriter) Flush() {
	if f, ok := w.inner.(http.Flusher); ok {
		f.Flush()
	}
}
func (w quietWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	if h, ok := w.inner.(http.Hijacker); ok {
		return h.Hijack()
	}
	return nil, nil, errors.New("no hijacker")
}

// behind serves with the writers that wrap makes.
func behind(t *testing.T, wrap func(http.ResponseWriter) http.ResponseWriter) (*Server, *httptest.Server, *logBook) {
	return behindHandler(t, func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(wrap(w), r) })
	})
}

func behindHandler(t *testing.T, middleware func(http.Handler) http.Handler) (*Server, *httptest.Server, *logBook) {
	o, log := logged(options(newTestHub()))
	server, err := NewServer(o)
	require.NoError(t, err)
	web := httptest.NewServer(middleware(server))
	t.Cleanup(func() { server.Close(); web.Close() })
	return server, web, log
}

// openEventsAt opens an event stream, and returns its status and first line.
func openEventsAt(t *testing.T, url string) (status int, line string) {
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/hub?id="+negotiatedAt(t, url), nil)
	require.NoError(t, err)
	r.Header.Set("Accept", "text/event-stream")
	response, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		rest, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		return response.StatusCode, string(rest)
	}
	line, err = bufio.NewReader(response.Body).ReadString('\n')
	require.NoError(t, err)
	return response.StatusCode, line
}

func TestWrappedWritersPassOnWhatTransportsNeed(t *testing.T) {
	for name, wrap := range map[string]func(http.ResponseWriter) http.ResponseWriter{
		"as it is": func(w http.ResponseWriter) http.ResponseWriter { return w },
		"Unwrap":   func(w http.ResponseWriter) http.ResponseWriter { return unwrapWriter{plainWriter{w}} },
		"Unwrap twice": func(w http.ResponseWriter) http.ResponseWriter {
			return unwrapWriter{plainWriter{unwrapWriter{plainWriter{w}}}}
		},
		"a router": func(w http.ResponseWriter) http.ResponseWriter { return routerWriter{plainWriter{w}} },
		"a router, behind Unwrap": func(w http.ResponseWriter) http.ResponseWriter {
			return routerWriter{plainWriter{unwrapWriter{plainWriter{w}}}}
		},
		"a quiet one, behind Unwrap": func(w http.ResponseWriter) http.ResponseWriter {
			return quietWriter{plainWriter{unwrapWriter{plainWriter{w}}}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, web, log := behind(t, wrap)
			assert.Equal(t, 101, upgradeAs(t, http.DefaultClient, web.URL+"/hub", "localhost"))
			status, line := openEventsAt(t, web.URL)
			assert.Equal(t, 200, status)
			assert.Equal(t, ":\r\n", line)
			assert.Empty(t, log.String())
		})
	}
}

func TestWritersThatHideTooMuchAreNamed(t *testing.T) {
	for name, middleware := range map[string]func(http.Handler) http.Handler{
		"a plain writer": func(h http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(plainWriter{w}, r) })
		},
		"a plain writer in a router": func(h http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				h.ServeHTTP(routerWriter{plainWriter{plainWriter{w}}}, r)
			})
		},
		"http.TimeoutHandler": func(h http.Handler) http.Handler { return http.TimeoutHandler(h, time.Minute, "") },
	} {
		t.Run(name, func(t *testing.T) {
			server, web, log := behindHandler(t, middleware)
			for range 2 {
				assert.Equal(t, 500, upgradeAs(t, http.DefaultClient, web.URL+"/hub", "localhost"))
				status, text := openEventsAt(t, web.URL)
				assert.Equal(t, 500, status)
				assert.Contains(t, text, "cannot be flushed")
			}
			assert.Equal(t, 1, strings.Count(log.String(), "hides http.Hijacker"), log)
			assert.Equal(t, 1, strings.Count(log.String(), "hides http.Flusher"), log)
			assert.Equal(t, map[string]uint64{"hijacker": 2, "flusher": 2}, server.Refused())

			// Long polling still works, also for the same ID.
			token := negotiatedAt(t, web.URL)
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, web.URL+"/hub?id="+token, nil)
			require.NoError(t, err)
			r.Header.Set("Accept", "text/event-stream")
			for _, want := range []int{500, 200} {
				response, err := http.DefaultClient.Do(r)
				require.NoError(t, err)
				require.NoError(t, response.Body.Close())
				assert.Equal(t, want, response.StatusCode)
				r.Header.Del("Accept")
			}
		})
	}
}
