package node_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/node"
	"github.com/signalmesh/signalmesh/node/bridge"
)

// otherDoor is a connection to the door of another application of n.
func otherDoor(t *testing.T, n *node.Node) func(lines string, replies int) string {
	others := n.Status().Others
	require.Len(t, others, 1)
	assert.Equal(t, "billing", others[0].Application)
	return dialRedis(t, others[0].Redis)
}

func TestDoorsOfSeveralApplicationsDoNotHearEachOther(t *testing.T) {
	doors := func(o *node.Options) {
		o.Redis, o.Hubs = "127.0.0.1:0", nil
		o.RedisFor = []node.RedisDoor{{Addr: "127.0.0.1:0", Application: "billing"}}
	}
	a := open(t, doors)
	b := open(t, func(o *node.Options) { doors(o); o.Bootstrap = []string{a.PeerAddrs()[0]} })
	<-b.Ready()
	awaitServers(t, a, 1)
	require.Eventually(t, func() bool { return a.Status().Others[0].Servers == 1 && b.Status().Others[0].Servers == 1 }, 20*time.Second, time.Millisecond)
	chat, billing := redisConn(t, a), otherDoor(t, a)
	assert.Equal(t, "*3 $9 subscribe $1 c :1", chat("SUBSCRIBE c", 6))
	assert.Equal(t, "*3 $9 subscribe $1 c :1", billing("SUBSCRIBE c", 6))
	assert.Equal(t, ":1", redisConn(t, b)("PUBLISH c chat", 1))
	assert.Equal(t, ":1", otherDoor(t, b)("PUBLISH c billing", 1))
	assert.Equal(t, "*3 $7 message $1 c $4 chat", chat("", 7))
	assert.Equal(t, "*3 $7 message $1 c $7 billing", billing("", 7))
	code, body := get(t, "http://"+a.AdminAddr()+"/api/door?application=billing")
	assert.Equal(t, http.StatusOK, code)
	assert.Contains(t, body, `"subscriptions":1`)
	code, _ = get(t, "http://"+a.AdminAddr()+"/api/door?application=none")
	assert.Equal(t, http.StatusNotFound, code)
	_, body = get(t, "http://"+a.AdminAddr()+"/metrics")
	assert.Contains(t, body, `signalmesh_door_connections{application="billing"} 1`)
	assert.Contains(t, body, `signalmesh_door_connections{application="chat"} 1`)
	_, body = get(t, "http://"+a.AdminAddr()+"/")
	assert.Contains(t, body, "Redis endpoint of billing")
}

// A node whose seed runs only one of its other applications has met it all the same.
func TestASeedOfAnotherApplicationIsEnough(t *testing.T) {
	seed := open(t, func(o *node.Options) { o.ApplicationID = "billing" })
	n := open(t, func(o *node.Options) {
		o.Bootstrap = []string{seed.PeerAddrs()[0]}
		o.RedisFor = []node.RedisDoor{{Addr: "127.0.0.1:0", Application: "billing"}}
	})
	<-n.Ready()
	assert.Equal(t, 1, n.Status().Others[0].Servers)
}

func TestTheDoorOfTheOwnApplicationMayBeNamed(t *testing.T) {
	n := open(t, func(o *node.Options) { o.RedisFor = []node.RedisDoor{{Addr: "127.0.0.1:0", Application: "chat"}} })
	assert.Equal(t, "+PONG", redisConn(t, n)("PING", 1))
	assert.Empty(t, n.Status().Others)
	for _, doors := range [][]node.RedisDoor{{{Addr: "127.0.0.1:0"}}, {{Application: "x"}}, {{Addr: "a:1", Application: "x"}, {Addr: "b:1", Application: "x"}}} {
		_, err := node.Resolve(node.Options{RedisFor: doors, NCacheOptions: node.NCacheOptions{CacheName: "demo", ApplicationID: "chat"}})
		assert.ErrorContains(t, err, "redis (options)")
	}
}

func TestTheStatusTellsOfTheOldRedis(t *testing.T) {
	n := open(t, func(o *node.Options) { o.RedisBridge = "redis://:secret@127.0.0.1:1" })
	s := n.Status().Bridge
	require.NotNil(t, s)
	assert.Equal(t, bridge.Unreachable, s.State)
	assert.Equal(t, "127.0.0.1:1", s.Redis)
	assert.NotContains(t, n.Settings().String(), "secret")
	assert.Contains(t, n.Settings().String(), "redis-bridge")
	_, body := get(t, "http://"+n.AdminAddr()+"/")
	assert.Contains(t, body, "127.0.0.1:1: unreachable")
	assert.Nil(t, open(t, nil).Status().Bridge)
}
