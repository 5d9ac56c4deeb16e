package node_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/signalmesh/signalmesh/node"
	"github.com/signalmesh/signalmesh/signalr"
)

func TestMain(m *testing.M) {
	if os.Getenv(fewFiles) == "" {
		goleak.VerifyTestMain(m)
		return
	}
	if err := runFewFiles(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func hubs() []signalr.HubOptions { return []signalr.HubOptions{{Path: "/chat", Hub: Chat{}}} }

// open opens a node of the application "chat" and closes it with the test.
func open(t *testing.T, change func(*node.Options)) *node.Node {
	o := node.Options{
		HTTP: "127.0.0.1:0", Admin: "127.0.0.1:0", Listen: "127.0.0.1:0", Hubs: hubs(),
		NCacheOptions: node.NCacheOptions{CacheName: "demo", ApplicationID: "chat"},
	}
	if change != nil {
		change(&o)
	}
	n, err := node.New(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, n.Close()) })
	return n
}

func get(t *testing.T, url string) (int, string) {
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	r, err := client.Get(url)
	require.NoError(t, err)
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	return r.StatusCode, string(body)
}

// awaitServers waits until n sees so many others.
func awaitServers(t *testing.T, n *node.Node, servers int) {
	timeout := time.After(20 * time.Second)
	for {
		alive, changed := n.Topic().Watch()
		if alive == servers {
			return
		}
		select {
		case <-changed:
		case <-timeout:
			require.FailNow(t, "servers missing", "%d of %d", alive, servers)
		}
	}
}

func TestAReadyNodeHasMetItsSeed(t *testing.T) {
	a := open(t, nil)
	<-a.Ready()
	b := open(t, func(o *node.Options) { o.Bootstrap = []string{a.PeerAddrs()[0]} })
	<-b.Ready()
	s := b.Status()
	assert.EqualValues(t, "healthy", s.Health)
	require.Len(t, s.Members, 1)
	assert.Equal(t, a.PeerID(), s.Members[0].Peer)
	awaitServers(t, a, 1)
}

func TestASeedOfAnotherApplicationDoesNotEndTheSearch(t *testing.T) {
	other := open(t, func(o *node.Options) { o.ApplicationID = "other" })
	a := open(t, nil)
	b := open(t, func(o *node.Options) { o.Bootstrap = []string{other.PeerAddrs()[0], a.PeerAddrs()[0]} })
	<-b.Ready()
	awaitServers(t, b, 1)
	assert.True(t, b.Topic().Has(a.PeerID()))
}

func TestThreeNodesFindEachOtherThroughClientConf(t *testing.T) {
	port := freePort(t)
	dir := t.TempDir()
	conf := fmt.Sprintf(`<configuration><ncache-server port="%d" retry-interval="1" connection-retries="5"/>
<cache id="demo"><server name="127.0.0.1"/><server name="127.0.0.2"/><server name="127.0.0.3"/></cache></configuration>`, port)
	settings := `{ "NCacheConfiguration": { "CacheName": "Demo", "ApplicationID": "chat", }, } // trailing commas are fine`
	require.NoError(t, os.WriteFile(filepath.Join(dir, "client.ncconf"), []byte(conf), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "appsettings.json"), []byte(settings), 0o600))
	var nodes []*node.Node
	for i := range 3 {
		nodes = append(nodes, open(t, func(o *node.Options) {
			o.NCacheOptions = node.NCacheOptions{}
			o.Listen = fmt.Sprintf("127.0.0.%d:%d", i+1, port)
			o.NCConf, o.Config = filepath.Join(dir, "client.ncconf"), filepath.Join(dir, "appsettings.json")
		}))
	}
	for _, n := range nodes {
		awaitServers(t, n, 2)
	}
}

// freePort finds a port that is free on the three loopback addresses.
func freePort(t *testing.T) int {
	for range 20 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		port := l.Addr().(*net.TCPAddr).Port
		require.NoError(t, l.Close())
		free := true
		for _, ip := range []string{"127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5", "127.0.0.6", "127.0.0.7", "127.0.0.8"} {
			l, err := net.Listen("tcp", fmt.Sprintf("%s:%d", ip, port))
			free = free && err == nil
			if err == nil {
				require.NoError(t, l.Close())
			}
		}
		if free {
			return port
		}
	}
	require.FailNow(t, "no port is free on 127.0.0.1, .2 and .3")
	return 0
}

func TestAdminTellsHowTheNodeIs(t *testing.T) {
	n := open(t, nil)
	<-n.Ready()
	base := "http://" + n.AdminAddr()
	code, body := get(t, base+"/healthz")
	assert.Equal(t, http.StatusOK, code)
	assert.JSONEq(t, `{"health":"isolated","servers":0,"silent":[],"withoutLink":[],"missing":[],"missingServers":0,"expected":0,
		"text":"isolated: no other server is in reach; clients of this server hear each other"}`, body)
	code, body = get(t, base+"/readyz")
	assert.Equal(t, http.StatusOK, code)
	assert.JSONEq(t, `{"ready":true,"draining":false,"reasons":[]}`, body)
	_, body = get(t, base+"/metrics")
	assert.Contains(t, body, `signalmesh_mesh_members{application="chat"} 0`)
	assert.Contains(t, body, "signalmesh_signalr_connections")
	code, body = get(t, base+"/")
	assert.Equal(t, http.StatusOK, code)
	assert.Contains(t, body, n.PeerID())
	var s node.Status
	_, body = get(t, base+"/api/status")
	require.NoError(t, json.Unmarshal([]byte(body), &s))
	assert.Equal(t, []string{"/chat"}, s.Hubs)
	_, body = get(t, base+"/api/settings")
	assert.Contains(t, body, `"name":"cache","value":"demo","origin":"options"`)
}

func TestANodeThatNeverMetAnybodyIsReadyAfterOneRound(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	nobody := l.Addr().String()
	require.NoError(t, l.Close())
	n := open(t, func(o *node.Options) { o.Bootstrap = []string{nobody} })
	<-n.Ready()
	assert.EqualValues(t, "isolated", n.Status().Health)
}

func TestShutdownIsNotReadyAndThenGone(t *testing.T) {
	a := open(t, nil)
	b := open(t, func(o *node.Options) { o.Bootstrap = []string{a.PeerAddrs()[0]} })
	<-b.Ready()
	awaitServers(t, a, 1)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	require.NoError(t, b.Shutdown(ctx))
	awaitServers(t, a, 0)
	assert.True(t, b.Status().Draining)
	_, err := net.Dial("tcp", b.HTTPAddr())
	assert.Error(t, err)
}

func TestStaticIsServedBesideTheHubs(t *testing.T) {
	n := open(t, func(o *node.Options) {
		o.Static = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "page") })
	})
	_, body := get(t, "http://"+n.HTTPAddr()+"/")
	assert.Equal(t, "page", body)
	code, _ := get(t, "http://"+n.HTTPAddr()+"/CHAT/negotiate")
	assert.Equal(t, http.StatusMethodNotAllowed, code, "a hub's path wins, whatever its letter case")
}

func TestMistakesAreToldWithTheirRemedy(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	for text, change := range map[string]func(*node.Options){
		"the port is in use": func(o *node.Options) { o.HTTP = taken.Addr().String() },
		"admin (options): \"127.0.0.1:99999\" has no port from 0 to 65535": func(o *node.Options) { o.Admin = "127.0.0.1:99999" },
		"CacheName":           func(o *node.Options) { o.CacheName = "" },
		"no/client.ncconf":    func(o *node.Options) { o.NCConf = "no/client.ncconf" },
		"no/appsettings.json": func(o *node.Options) { o.Config = "no/appsettings.json" },
		"bootstrap (--bootstrap)": func(o *node.Options) {
			o.Bootstrap = []string{"http://x"}
			o.Origins = map[string]string{"bootstrap": "--bootstrap"}
		},
		"without a password": func(o *node.Options) { o.Listen = "127.0.0.1:0,0.0.0.0:0" },
		"stop what uses it":  func(o *node.Options) { o.Listen = taken.Addr().String() },
	} {
		o := node.Options{HTTP: "127.0.0.1:0", Listen: "127.0.0.1:0", Hubs: hubs(), NCacheOptions: node.NCacheOptions{CacheName: "demo", ApplicationID: "chat"}}
		change(&o)
		_, err := node.New(t.Context(), o)
		assert.ErrorContains(t, err, text)
	}
}

func TestSettingsSayWhereTheyCameFrom(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "appsettings.json")
	require.NoError(t, os.WriteFile(path, []byte(`{"NCacheConfiguration":{"CacheName":"file","ApplicationID":"app"}}`), 0o600))
	o := node.Options{
		Config: path, Listen: "127.0.0.1:9800", HTTP: "127.0.0.1:5000", Bootstrap: []string{"10.0.0.1"},
		Environ:       []string{"NCacheConfiguration__Password=s3cret", "NCacheConfiguration__UserID=hub"},
		NCacheOptions: node.NCacheOptions{CacheName: "flag"},
		Origins:       map[string]string{"cache": "--cache"},
	}
	s, err := node.Resolve(o)
	require.NoError(t, err)
	table := s.String()
	assert.NotContains(t, table, "s3cret")
	for _, row := range []string{
		`cache flag --cache`, `app app ` + path + `:1`, `user hub environment variable NCacheConfiguration__UserID`,
		`password [hidden] environment variable NCacheConfiguration__Password`, `seed 10.0.0.1:9800 options`, `listen 127.0.0.1:9800 options`,
	} {
		assert.Contains(t, strings.Join(strings.Fields(table), " "), row)
	}
}

func TestClientConfIsMapped(t *testing.T) {
	path := filepath.Join(t.TempDir(), "client.ncconf")
	require.NoError(t, os.WriteFile(path, []byte(`<configuration>
<ncache-server port="9900" local-server-ip="192.0.2.77" command-retries="3" enable-keep-alive="True"/>
<cache id="demo" enable-client-logs="True" log-level="error"><server name="127.0.0.1" port="1"/>
<security><primary user-id="hub" password="s3cret"/></security></cache>
</configuration>`), 0o600))
	var log strings.Builder
	o := node.Options{
		NCConf: path, NCacheOptions: node.NCacheOptions{CacheName: "demo", ApplicationID: "chat"},
		Logger: slog.New(slog.NewTextHandler(&log, nil)),
	}
	s, err := node.Resolve(o)
	require.NoError(t, err)
	table := strings.Join(strings.Fields(s.String()), " ")
	assert.Contains(t, table, "listen :9900")
	assert.Contains(t, table, "user hub "+path+":4")
	assert.NotContains(t, table, "s3cret")
	var told []string
	for _, p := range s.Problems {
		told = append(told, p.Error())
	}
	problems := strings.Join(told, "\n")
	assert.Contains(t, problems, `client.ncconf:2:28: local-server-ip="192.0.2.77" is no address of this machine; ignored`)
	assert.Contains(t, problems, "command-retries is not needed")
	assert.Contains(t, problems, "enable-keep-alive is not needed")
	assert.NotContains(t, problems, "s3cret")

	o.Listen, o.Admin = "127.0.0.1:0", "127.0.0.1:0"
	n, err := node.New(t.Context(), o)
	require.NoError(t, err)
	<-n.Ready()
	require.NoError(t, n.Close())
	assert.NotContains(t, log.String(), "no seed answered", "the mesh logs errors only")
	assert.Contains(t, log.String(), "clear text", "the node logs as it is told")
}
