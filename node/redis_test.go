package node_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/node"
)

// redisConn is a Redis client that sends lines and reads lines.
func redisConn(t *testing.T, n *node.Node) func(lines string, replies int) string {
	return dialRedis(t, n.RedisAddr())
}

func dialRedis(t *testing.T, addr string) func(lines string, replies int) string {
	nc, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	t.Cleanup(func() { _ = nc.Close() }) // the node may have closed it
	r := bufio.NewReader(nc)
	return func(lines string, replies int) string {
		require.NoError(t, nc.SetDeadline(time.Now().Add(20*time.Second)))
		_, err := fmt.Fprintf(nc, "%s\r\n", lines)
		require.NoError(t, err)
		var got []string
		for range replies {
			line, err := r.ReadString('\n')
			require.NoError(t, err)
			got = append(got, strings.TrimSpace(line))
		}
		return strings.Join(got, " ")
	}
}

func TestRedisClientsOfTwoNodesHearEachOther(t *testing.T) {
	door := func(o *node.Options) { o.Redis, o.Hubs = "127.0.0.1:0", nil } // a sidecar
	a := open(t, door)
	b := open(t, func(o *node.Options) { door(o); o.Bootstrap = []string{a.PeerAddrs()[0]} })
	<-b.Ready()
	awaitServers(t, a, 1)
	x, y := redisConn(t, a), redisConn(t, b)
	assert.Equal(t, "*3 $9 subscribe $1 c :1", x("SUBSCRIBE c", 6))
	assert.Equal(t, ":1", y("PUBLISH c hello", 1), "what was subscribed counts everywhere")
	assert.Equal(t, "*3 $7 message $1 c $5 hello", x("", 7))
	assert.Equal(t, "*3 $10 psubscribe $2 d* :2", x("PSUBSCRIBE d*", 6))
	assert.Equal(t, ":1", y("PUBLISH do it", 1))
	assert.Equal(t, "*4 $8 pmessage $2 d* $2 do $2 it", x("", 9))
	code, body := get(t, "http://"+a.AdminAddr()+"/api/door")
	assert.Equal(t, http.StatusOK, code)
	assert.Contains(t, body, `"subscriptions":2`)
}

func TestTheDoorKnowsTheCredentialsOfTheMesh(t *testing.T) {
	n := open(t, func(o *node.Options) { o.Redis, o.UserID, o.Password = "127.0.0.1:0", "hub", "secret" })
	for line, want := range map[string]string{
		"PING": "-NOAUTH Authentication required.", "AUTH secret": "+OK", "AUTH hub secret": "+OK", "AUTH hub wrong": "-WRONGPASS invalid username-password pair or user is disabled.",
		"AUTH other secret": "-WRONGPASS invalid username-password pair or user is disabled.",
	} {
		assert.Equal(t, want, redisConn(t, n)(line, 1), line)
	}
}

func TestTheDoorKnowsTheUsersOfTheMesh(t *testing.T) {
	path := filepath.Join(t.TempDir(), "users.txt")
	shop, err := node.UserLine("demo", "shop", "p1", []string{"chat"})
	require.NoError(t, err)
	other, err := node.UserLine("demo", "other", "p2", []string{"billing"})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, []byte(line(t, "secret")+shop+"\n"+other+"\n"), 0o600))
	n := open(t, func(o *node.Options) {
		o.Redis, o.UserID, o.Password, o.Users = "127.0.0.1:0", "hub", "secret", path
	})
	for range 2 { // the second time from memory
		assert.Equal(t, "+OK", redisConn(t, n)("AUTH shop p1", 1))
		assert.Equal(t, "+OK", redisConn(t, n)("AUTH secret", 1))
		for _, wrong := range []string{"shop p2", "other p2", "nobody p1"} {
			assert.Contains(t, redisConn(t, n)("AUTH "+wrong, 1), "-WRONGPASS", wrong)
		}
	}
}

func TestADoorForAllNeedsAPassword(t *testing.T) {
	_, err := node.New(t.Context(), node.Options{
		Redis: "0.0.0.0:0", Listen: "127.0.0.1:0", NCacheOptions: node.NCacheOptions{CacheName: "demo", ApplicationID: "chat"},
	})
	assert.ErrorContains(t, err, "is not a loopback address, and there is no password")
}
