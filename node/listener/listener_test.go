package listener_test

import (
	"bytes"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/signalmesh/signalmesh/node/listener"
	"github.com/signalmesh/signalmesh/signalr/forwarded"
)

func TestMain(m *testing.M) {
	if addr := os.Getenv(vanishing); addr != "" {
		vanish(addr)
	}
	goleak.VerifyTestMain(m)
}

func open(t *testing.T, o listener.Options) net.Listener {
	l, err := listener.Open(o)
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	return l
}

// accepted connects, sends text, and returns the connection that l accepts.
func accepted(t *testing.T, l net.Listener, text string) net.Conn {
	client, err := net.Dial(l.Addr().Network(), l.Addr().String())
	require.NoError(t, err)
	t.Cleanup(func() { client.Close() })
	_, err = client.Write([]byte(text))
	require.NoError(t, err)
	c, err := l.Accept()
	require.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	return c
}

func TestAUnixSocketIsOpenedForOwnerAndGroupAndRemoved(t *testing.T) {
	path := filepath.Join(t.TempDir(), "http.sock")
	l := open(t, listener.Options{Name: "--http", Addr: "unix:" + path})
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o660), info.Mode().Perm())
	_, err = listener.Open(listener.Options{Name: "--http", Addr: "unix:" + path})
	assert.EqualError(t, err, "listen on unix:"+path+" (--http): another process listens there; stop it or choose another path")
	accepted(t, l, "x")
	require.NoError(t, l.Close())
	_, err = os.Stat(path)
	assert.ErrorIs(t, err, os.ErrNotExist)
}

func TestASocketThatAProcessLeftBehindIsReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "http.sock")
	left, err := net.ListenUnix("unix", &net.UnixAddr{Name: path})
	require.NoError(t, err)
	left.SetUnlinkOnClose(false)
	require.NoError(t, left.Close())
	accepted(t, open(t, listener.Options{Addr: "unix:" + path}), "x")
}

func TestAFileThatIsNoSocketIsLeftAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(path, []byte("precious"), 0o600))
	_, err := listener.Open(listener.Options{Addr: "unix:" + path})
	assert.ErrorContains(t, err, "a file that is not a socket")
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, "precious", string(content))
}

func TestWrongAddressesAreExplained(t *testing.T) {
	l := open(t, listener.Options{Addr: "127.0.0.1:0"})
	for addr, want := range map[string]string{
		l.Addr().String():                   "the port is in use",
		"192.0.2.1:0":                       "this machine does not have that address",
		"5000":                              "write it as host:port",
		"unix:/nowhere/x.sock":              "a folder that exists",
		"unix:/" + strings.Repeat("a", 200): "of at most 100 bytes",
	} {
		_, err := listener.Open(listener.Options{Name: "--http", Addr: addr})
		assert.ErrorContains(t, err, want)
		assert.ErrorContains(t, err, "(--http)")
	}
}

type logBook struct {
	mu sync.Mutex
	bytes.Buffer
}

func (l *logBook) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.Buffer.Write(b)
}

func (l *logBook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.Buffer.String()
}

func TestTheProxyProtocolNamesTheClient(t *testing.T) {
	trusted, err := forwarded.Parse([]string{"127.0.0.1"})
	require.NoError(t, err)
	log, refused := &logBook{}, prometheus.NewCounter(prometheus.CounterOpts{Name: "refused"})
	o := listener.Options{Name: "--http", Addr: "127.0.0.1:0", ProxyProtocol: true, Trusted: trusted, Logger: slog.New(slog.NewTextHandler(log, nil)), Refused: refused}
	l := open(t, o)

	const v2 = "\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c\xcb\x00\x71\x09\xc0\x00\x02\x01\x12\x67\x01\xbb"
	for header, remote := range map[string]string{
		"PROXY TCP4 203.0.113.9 192.0.2.1 4711 443\r\n":   "203.0.113.9:4711",
		"PROXY TCP6 2001:db8::9 2001:db8::1 4711 443\r\n": "[2001:db8::9]:4711",
		v2: "203.0.113.9:4711",
	} {
		c := accepted(t, l, header+"GET /")
		assert.Equal(t, remote, c.RemoteAddr().String())
		rest := make([]byte, 5)
		_, err := io.ReadFull(c, rest)
		require.NoError(t, err)
		assert.Equal(t, "GET /", string(rest))
	}
	assert.Empty(t, log.String())

	for range 2 {
		_, err = accepted(t, l, "GET / HTTP/1.1\r\n\r\n").Read(make([]byte, 1))
		assert.Error(t, err, "no header")
	}
	assert.EqualValues(t, 2, testutil.ToFloat64(refused))
	assert.Equal(t, 1, strings.Count(log.String(), "sent no PROXY header"), log)
}

func TestThePROXYHeaderOfAStrangerIsNotRead(t *testing.T) {
	trusted, err := forwarded.Parse([]string{"192.0.2.0/24"})
	require.NoError(t, err)
	log, refused := &logBook{}, prometheus.NewCounter(prometheus.CounterOpts{Name: "refused"})
	l := open(t, listener.Options{Name: "--http", Addr: "127.0.0.1:0", ProxyProtocol: true, Trusted: trusted, Logger: slog.New(slog.NewTextHandler(log, nil)), Refused: refused})
	var serving sync.WaitGroup
	serving.Go(func() {
		_, err := l.Accept()
		assert.ErrorIs(t, err, net.ErrClosed, "nothing is accepted, and the listener goes on")
	})
	for range 2 {
		client, err := net.Dial("tcp", l.Addr().String())
		require.NoError(t, err)
		_, _ = client.Write([]byte("PROXY TCP4 203.0.113.9 192.0.2.1 4711 443\r\n")) // it may be closed already
		require.NoError(t, client.SetReadDeadline(time.Now().Add(10*time.Second)))
		_, err = client.Read(make([]byte, 1))
		assert.NotErrorIs(t, err, os.ErrDeadlineExceeded)
		assert.Error(t, err)
		require.NoError(t, client.Close())
	}
	require.NoError(t, l.Close())
	serving.Wait()
	assert.EqualValues(t, 2, testutil.ToFloat64(refused))
	assert.Equal(t, 1, strings.Count(log.String(), "add it to --trusted-proxies"), log)
}

func TestThePROXYProtocolOverAUnixSocketNeedsNoAddress(t *testing.T) {
	l := open(t, listener.Options{Addr: "unix:" + filepath.Join(t.TempDir(), "s"), ProxyProtocol: true})
	c := accepted(t, l, "PROXY TCP4 203.0.113.9 192.0.2.1 4711 443\r\n")
	assert.Equal(t, "203.0.113.9:4711", c.RemoteAddr().String())
}
