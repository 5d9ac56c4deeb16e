package node_test

import (
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/node"
	"github.com/signalmesh/signalmesh/node/tlsfiles/tlsfilestest"
)

const wrongPassword = "-WRONGPASS invalid username-password pair or user is disabled."

func TestTheRedisEndpointHasAPasswordOfItsOwn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "users.txt")
	require.NoError(t, os.WriteFile(path, []byte(line(t, "secret")), 0o600))
	for name, change := range map[string]func(*node.Options){
		"one user for all": func(o *node.Options) { o.UserID, o.Password = "hub", "secret" },
		"users":            func(o *node.Options) { o.UserID, o.Password, o.Users = "hub", "secret", path },
		"none":             func(*node.Options) {},
	} {
		n := open(t, func(o *node.Options) { change(o); o.Redis, o.RedisPassword = "127.0.0.1:0", "of endpoint" })
		ask := func(line string) string { return redisConn(t, n)(line, 1) }
		assert.Equal(t, "+OK", ask(`AUTH "of endpoint"`), name)
		assert.Equal(t, wrongPassword, ask("AUTH secret"), "%s: the password of the mesh is none here", name)
		assert.Equal(t, wrongPassword, ask("AUTH hub secret"), name)
		assert.Equal(t, wrongPassword, ask(`AUTH other "of endpoint"`), name)
		if name != "none" {
			assert.Equal(t, "+OK", ask(`AUTH hub "of endpoint"`), name)
		}
		assert.NotContains(t, n.Settings().String(), "of endpoint")
	}
}

func TestTheRedisEndpointSpeaksTLS(t *testing.T) {
	cert, key, trusted := tlsfilestest.Write(t, t.TempDir(), "endpoint", time.Now().Add(time.Hour))
	n := open(t, func(o *node.Options) {
		o.Redis, o.RedisTLSCert, o.RedisTLSKey, o.RedisPassword = "127.0.0.1:0", cert, key, "secret"
	})
	nc, err := tls.Dial("tcp", n.RedisAddr(), &tls.Config{RootCAs: trusted, MinVersion: tls.VersionTLS12})
	require.NoError(t, err)
	_, err = fmt.Fprint(nc, "AUTH secret\r\nPING\r\nQUIT\r\n")
	require.NoError(t, err)
	text, err := io.ReadAll(nc)
	require.NoError(t, err)
	assert.Equal(t, "+OK\r\n+PONG\r\n+OK\r\n", string(text))
	assert.Contains(t, redisConn(t, n)("PING", 1), "-ERR signalmesh: this endpoint speaks TLS")
}

func TestMistakesWithTheRedisEndpointAreNamed(t *testing.T) {
	names := node.NCacheOptions{CacheName: "demo", ApplicationID: "chat"}
	for want, o := range map[string]node.Options{
		"redis-tls-cert and redis-tls-key belong together": {Redis: "127.0.0.1:0", RedisTLSCert: "a"},
		"belong together; set both, or neither":            {Redis: "127.0.0.1:0", RedisTLSKey: "a"},
		"no endpoint; set redis to its host:port":          {RedisPassword: "secret"},
		"but no endpoint": {RedisTLSCert: "a", RedisTLSKey: "b"},
	} {
		o.NCacheOptions = names
		_, err := node.Resolve(o)
		assert.ErrorContains(t, err, want)
	}
	_, err := node.New(t.Context(), node.Options{Listen: "127.0.0.1:0", Redis: "127.0.0.1:0", RedisTLSCert: "no/tls.crt", RedisTLSKey: "no/tls.key", NCacheOptions: names})
	assert.ErrorContains(t, err, "no/tls.crt: no such file")
}

func TestPasswordsInClearTextAreWarnedOf(t *testing.T) {
	const warning = "a password of the mesh in clear text"
	cert, key, _ := tlsfilestest.Write(t, t.TempDir(), "endpoint", time.Now().Add(time.Hour))
	for name, c := range map[string]struct {
		change func(*node.Options)
		warned bool
	}{
		"password of the mesh":     {func(o *node.Options) { o.Redis = "0.0.0.0:0" }, true},
		"loopback":                 {func(o *node.Options) { o.Redis = "127.0.0.1:0" }, false},
		"password of the endpoint": {func(o *node.Options) { o.Redis, o.RedisPassword = "0.0.0.0:0", "other" }, false},
		"TLS":                      {func(o *node.Options) { o.Redis, o.RedisTLSCert, o.RedisTLSKey = "0.0.0.0:0", cert, key }, false},
	} {
		log := &logbook{}
		open(t, func(o *node.Options) {
			o.UserID, o.Password, o.Logger = "hub", "secret", slog.New(slog.NewTextHandler(log, nil))
			c.change(o)
		})
		log.mu.Lock()
		if c.warned {
			assert.Contains(t, log.text.String(), warning, name)
		} else {
			assert.NotContains(t, log.text.String(), warning, name)
		}
		log.mu.Unlock()
	}
}

// Removed users, and users with another password or other applications, are cut off.
func TestRemovedUsersLeaveTheRedisEndpoint(t *testing.T) {
	path := filepath.Join(t.TempDir(), "users.txt")
	user := func(name, password string, applications ...string) string {
		text, err := node.UserLine("demo", name, password, applications)
		require.NoError(t, err)
		return text + "\n"
	}
	hub, stays := line(t, "secret"), user("stays", "p0", "chat")
	require.NoError(t, os.WriteFile(path, []byte(hub+stays+user("shop", "p1", "chat")+user("post", "p2", "chat")+user("move", "p3", "chat")), 0o600))
	log := &logbook{}
	n := open(t, func(o *node.Options) {
		o.Redis, o.UserID, o.Password, o.Users = "127.0.0.1:0", "hub", "secret", path
		o.Logger = slog.New(slog.NewTextHandler(log, nil))
	})
	var cut []net.Conn
	for _, login := range []string{"shop p1", "post p2", "move p3"} {
		nc, err := net.Dial("tcp", n.RedisAddr())
		require.NoError(t, err)
		t.Cleanup(func() { _ = nc.Close() }) // the node closes it
		_, err = fmt.Fprintf(nc, "AUTH %s\r\nSUBSCRIBE c\r\n", login)
		require.NoError(t, err)
		_, err = io.ReadFull(nc, make([]byte, len("+OK\r\n*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n")))
		require.NoError(t, err)
		cut = append(cut, nc)
	}
	kept := redisConn(t, n)
	require.Equal(t, "+OK", kept("AUTH stays p0", 1))
	require.NoError(t, os.WriteFile(path, []byte(hub+stays+user("post", "another", "chat")+user("move", "p3", "billing")), 0o600))
	for _, nc := range cut {
		require.NoError(t, nc.SetReadDeadline(time.Now().Add(20*time.Second)))
		_, err := nc.Read(make([]byte, 1))
		assert.ErrorIs(t, err, io.EOF)
	}
	log.await(t, "their users were removed or changed")
	assert.Equal(t, ":0", kept("PUBLISH c x", 1))
	assert.Equal(t, wrongPassword, redisConn(t, n)("AUTH post p2", 1))
	assert.Equal(t, "+OK", redisConn(t, n)("AUTH post another", 1))
}

// What the node ended is on the status page, too.
func TestTheStatusTellsWhoWasTurnedAway(t *testing.T) {
	n := open(t, func(o *node.Options) { o.Redis, o.RedisPassword = "127.0.0.1:0", "secret" })
	assert.Empty(t, n.Status().TurnedAway)
	assert.Equal(t, wrongPassword, redisConn(t, n)("AUTH guess", 1))
	nc, err := net.Dial("tcp", n.RedisAddr())
	require.NoError(t, err)
	_, err = fmt.Fprint(nc, "POST / HTTP/1.1\r\n")
	require.NoError(t, err)
	_, err = io.ReadAll(nc)
	require.NoError(t, err)
	assert.Equal(t, map[string]uint64{"redis http": 1, "redis passwords": 1}, n.Status().TurnedAway)
	_, body := get(t, "http://"+n.AdminAddr()+"/")
	assert.Contains(t, body, "redis http: 1")
}
