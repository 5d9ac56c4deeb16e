package node_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/node"
)

// A logbook is a log that tests read while it is written.
type logbook struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logbook) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *logbook) await(t *testing.T, text string) {
	require.Eventually(t, func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		return strings.Contains(l.text.String(), text)
	}, 20*time.Second, 5*time.Millisecond, text)
}

// line is that of a user of cache demo.
func line(t *testing.T, password string) string {
	l, err := node.UserLine("demo", "hub", password, nil)
	require.NoError(t, err)
	return l + "\n"
}

func TestAPasswordIsChangedWithoutAPause(t *testing.T) {
	path := filepath.Join(t.TempDir(), "users.txt")
	write := func(text string) { require.NoError(t, os.WriteFile(path, []byte(text), 0o600)) }
	old, fresh := line(t, "old"), line(t, "new")
	write(old)
	log := &logbook{}
	options := func(password string, seeds ...string) node.Options {
		return node.Options{
			Listen: "127.0.0.1:0", Users: path, Bootstrap: seeds, Logger: slog.New(slog.NewTextHandler(log, nil)),
			NCacheOptions: node.NCacheOptions{CacheName: "demo", ApplicationID: "chat", UserID: "hub", Password: password},
		}
	}
	open := func(o node.Options) *node.Node {
		n, err := node.New(t.Context(), o)
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, n.Close()) })
		return n
	}
	a := open(options("old"))
	write(old + "nonsense\n")
	log.await(t, "line 2: 1 fields instead of 3")
	write(old + fresh)
	log.await(t, "users read again")
	b := open(options("new", a.PeerAddrs()...))
	require.Eventually(t, func() bool { return a.Topic().Alive() == 1 && b.Topic().Alive() == 1 }, 20*time.Second, 5*time.Millisecond)

	write(fresh) // a was not given the new one: nobody lets it in any more
	require.Eventually(t, func() bool { return b.Topic().Alive() == 0 }, 30*time.Second, 5*time.Millisecond)
}

func TestAWrongUsersFileIsNamed(t *testing.T) {
	o := node.Options{Listen: "127.0.0.1:0", Users: "no/users.txt", NCacheOptions: node.NCacheOptions{CacheName: "demo", ApplicationID: "chat", UserID: "hub", Password: "s3cret"}}
	_, err := node.Resolve(o)
	assert.ErrorContains(t, err, "no/users.txt")
	o.Users = filepath.Join(t.TempDir(), "users.txt")
	require.NoError(t, os.WriteFile(o.Users, []byte(line(t, "s3cret")), 0o600))
	o.Password = ""
	_, err = node.New(t.Context(), o)
	assert.ErrorContains(t, err, `user "hub", but no password; set Password`)
	o.UserID = ""
	_, err = node.New(t.Context(), o)
	assert.ErrorContains(t, err, "users to let in, but no credentials to prove to them")
}
