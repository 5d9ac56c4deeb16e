package door_test

import (
	"bufio"
	"errors"
	"net"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/signalmesh/signalmesh/node/door"
	"github.com/signalmesh/signalmesh/node/exchange"
	"github.com/signalmesh/signalmesh/signalr/backplanetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what has to come.
const patience = 20 * time.Second

// A site is one node: an exchange and its door.
type site struct {
	*door.Door
	exchange *exchange.Exchange
}

func (s site) addr() string { return s.Addr().String() }

// sites opens n nodes on one backplane.
func sites(t testing.TB, n int, change func(*door.Options)) []site {
	var list []site
	memory := backplanetest.NewMemory()
	for range n {
		down := memory.Join()
		x, err := exchange.New(down)
		require.NoError(t, err)
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		o := door.Options{Listener: l, Exchange: x, Application: "chat"}
		if change != nil {
			change(&o)
		}
		d, err := door.New(o)
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, errors.Join(d.Close(), x.Close(), down.Close())) })
		list = append(list, site{d, x})
	}
	return list
}

// redis starts a real Redis and returns its address.
func redis(t testing.TB, args ...string) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr := l.Addr().String()
	require.NoError(t, l.Close())
	_, port, err := net.SplitHostPort(addr)
	require.NoError(t, err)
	args = append([]string{"--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", t.TempDir()}, args...)
	cmd := exec.Command("redis-server", args...)
	require.NoError(t, cmd.Start(), "the referee is a real Redis: install redis-server")
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
	})
	require.Eventually(t, func() bool {
		nc, err := net.Dial("tcp", addr)
		if err == nil {
			_ = nc.Close()
		}
		return err == nil
	}, patience, 10*time.Millisecond)
	return addr
}

// A wire is a bare connection.
type wire struct {
	t testing.TB
	net.Conn
	r *bufio.Reader
}

func dial(t testing.TB, addr string) *wire {
	nc, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	t.Cleanup(func() { _ = nc.Close() }) // it may be closed already
	return &wire{t, nc, bufio.NewReader(nc)}
}

func (w *wire) send(text string) {
	_, err := w.Write([]byte(text))
	require.NoError(w.t, err)
}

// command sends a command as clients do.
func (w *wire) command(args ...string) {
	text := "*" + strconv.Itoa(len(args)) + "\r\n"
	for _, a := range args {
		text += "$" + strconv.Itoa(len(a)) + "\r\n" + a + "\r\n"
	}
	w.send(text)
}

// reply reads one whole reply, as it is.
func (w *wire) reply() string {
	require.NoError(w.t, w.SetReadDeadline(time.Now().Add(patience)))
	text, err := w.read()
	require.NoError(w.t, err, "after %q", text)
	return text
}

func (w *wire) read() (string, error) {
	line, err := w.r.ReadString('\n')
	if err != nil || len(line) < 3 {
		return line, err
	}
	n, _ := strconv.Atoi(line[1 : len(line)-2]) // 0 for what has no length
	elements := 0
	switch line[0] {
	case '$', '=':
		if n < 0 {
			return line, nil
		}
		body := make([]byte, n+2)
		for at := 0; at < len(body); {
			k, err := w.r.Read(body[at:])
			if at += k; err != nil {
				return line + string(body[:at]), err
			}
		}
		return line + string(body), nil
	case '*', '>':
		elements = n
	case '%':
		elements = 2 * n
	}
	for range elements {
		element, err := w.read()
		line += element
		if err != nil {
			return line, err
		}
	}
	return line, nil
}

// ask sends a command and reads its reply.
func (w *wire) ask(args ...string) string {
	w.command(args...)
	return w.reply()
}

// rest reads until the other side closes.
func (w *wire) rest() string {
	require.NoError(w.t, w.SetReadDeadline(time.Now().Add(patience)))
	text := ""
	for {
		more, err := w.read()
		text += more
		if err != nil {
			return text
		}
	}
}
