package node_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/discovery"
	"github.com/signalmesh/signalmesh/node"
)

// named returns options that Resolve accepts.
func named() node.Options {
	return node.Options{
		Listen: "127.0.0.1:0", Origins: map[string]string{"user": "--user", "password": "--password-file"},
		NCacheOptions: node.NCacheOptions{CacheName: "demo", ApplicationID: "chat"},
	}
}

// wrong asserts that Resolve refuses o with a SettingsError of that text, without the
// password.
func wrong(t *testing.T, o node.Options, text string) {
	t.Helper()
	_, err := node.Resolve(o)
	var settings *node.SettingsError
	require.ErrorAs(t, err, &settings, text)
	assert.ErrorContains(t, err, text)
	if o.Password != "" {
		assert.NotContains(t, strings.ReplaceAll(err.Error(), "password", ""), o.Password)
	}
}

func TestTemplatesAreRefused(t *testing.T) {
	for text, change := range map[string]func(*node.Options){
		`cache (options): "${CACHE}" is a placeholder: the template was never filled in; set CacheName, or --cache`:                       func(o *node.Options) { o.CacheName = "${CACHE}" },
		`app (options): "#{App}#" is a placeholder`:                                                                                       func(o *node.Options) { o.ApplicationID = "#{App}#" },
		`user (--user): "your-username" is a placeholder: the template was never filled in; set UserID, or remove UserID and Password if`: func(o *node.Options) { o.UserID, o.Password = "your-username", "s3cret" },
		`password (--password-file): the value is a placeholder: the template was never filled in; set Password, or remove`:               func(o *node.Options) { o.UserID, o.Password = "hub", "%PASSWORD%" },
		`password (--password-file): user and password are those of NCache's samples`:                                                     func(o *node.Options) { o.UserID, o.Password = "john", "1234567" },
		`user (environment variable NCacheConfiguration__UserID): "<user>" is a placeholder`: func(o *node.Options) {
			o.Environ = []string{"NCacheConfiguration__UserID=<user>", "NCacheConfiguration__Password=x"}
		},
		`name (options): "{{name}}" is a placeholder`: func(o *node.Options) { o.Name = "{{name}}" },
		`redis-bridge (options): user or password is a placeholder`: func(o *node.Options) {
			o.RedisBridge = "redis://:your-password@redis.example.net"
		},
		`seed "<host>:9800" is a placeholder`: func(o *node.Options) { o.Bootstrap = []string{"<host>:9800"} },
	} {
		o := named()
		change(&o)
		wrong(t, o, text)
	}
}

func TestTemplatesInClientConfAreRefused(t *testing.T) {
	o := named()
	o.NCConf = filepath.Join(t.TempDir(), "client.ncconf")
	require.NoError(t, os.WriteFile(o.NCConf, []byte(`<configuration><cache id="demo"><server name="127.0.0.1" port="1"/>
<security><primary user-id="your-username" password="your-password"/></security></cache></configuration>`), 0o600))
	wrong(t, o, "user ("+o.NCConf+`:2): "your-username" is a placeholder`)
	wrong(t, o, "password ("+o.NCConf+":2): the value is a placeholder")
}

func TestAddressesAreChecked(t *testing.T) {
	for addr, text := range map[string]string{
		"127.0.0.1:99999":        `http (options): "127.0.0.1:99999" has no port from 0 to 65535 behind its colon`,
		"127.0.0.1:-1":           "has no port from 0 to 65535",
		"127.0.0.1:":             "has no port from 0 to 65535",
		"127.0.0.1:bad":          "has no port from 0 to 65535",
		"127.0.0.1":              "write it as host:port",
		"::1:80":                 "write it as host:port",
		"https://127.0.0.1:5001": `is a URL; write only 127.0.0.1:5001; TLS is configured with a certificate, not with the address`,
		"http://:5001/":          `is a URL; write only :5001`,
	} {
		o := named()
		o.HTTP = addr
		wrong(t, o, text)
	}
	for _, addr := range []string{"", ":0", ":65535", "127.0.0.1:http", "localhost:1", "[::1]:1", "web-1:5000"} {
		o := named()
		o.HTTP, o.Admin, o.Redis = addr, addr, addr
		_, err := node.Resolve(o)
		assert.NoError(t, err, addr)
	}
	o := named()
	o.Admin = ":70000"
	wrong(t, o, "admin (options)")
	o = named()
	o.Redis = ":70000"
	wrong(t, o, "redis (options)")
	o = named()
	o.RedisFor = []node.RedisDoor{{Addr: ":70000", Application: "billing"}}
	wrong(t, o, `redis (options): ":70000"`)
	o = named()
	o.Listen = ":9800"
	wrong(t, o, "listen (options): without a password anybody may join at /ip4/0.0.0.0/tcp/9800")
	o = named()
	o.Listen = "127.0.0.1:99999"
	wrong(t, o, "65535")
	o = named()
	o.ReplayAge = -1
	wrong(t, o, "replay-age")
}

func TestAWrongServerListIsAnError(t *testing.T) {
	o := named()
	o.Config = filepath.Join(t.TempDir(), "appsettings.json")
	for list, text := range map[string]string{
		`[{"Name":"***"}]`:                `:2:2: ServerList:0:Name "***" is a placeholder`,
		`[{"Name":"10.0.0.1:99999"}]`:     `ServerList:0:Name "10.0.0.1:99999" has no port`,
		`[{"Name":"a"},{"Name":"a b"}]`:   `ServerList:1:Name "a b" is neither an IP address nor a host name`,
		`[{"Name":"a", "Port": 70000}]`:   `"70000" is no TCP port`,
		`[{"Port": 9800}]`:                `a server without a Name`,
		`[{"Name":"http://10.0.0.1"}]`:    `is a URL`,
		`[{"Name":"fe80::1%eth0/64"}]`:    `ServerList:0:Name`,
		`[{"Name":"10.0.0.1"}, {"N": 1}]`: `a server without a Name`,
	} {
		list = strings.Replace(list, "[{", "[\n{", 1)
		require.NoError(t, os.WriteFile(o.Config, []byte(`{"NCacheConfiguration":{"ConnectionOptions":{"ServerList":`+list+`}}}`), 0o600))
		wrong(t, o, text)
	}
}

func TestEachServerOfAListHasItsPlace(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("appsettings.json", []byte(`{"NCacheConfiguration":{"CacheName":"demo","ApplicationID":"chat","ConnectionOptions":{
"RetryInterval":3, "ClientRequestTimeOut": 7,
"ServerList":[{"Name":"10.0.0.1"},{"Name":"10.0.0.2"}]}}}`), 0o600))
	require.NoError(t, os.WriteFile("appsettings.Production.json", []byte(`{"NCacheConfiguration":{"ConnectionOptions":{"ServerList":[{"Name":"10.9.0.1"}]}}}`), 0o600))
	s, err := node.Resolve(node.Options{UseFiles: true})
	require.NoError(t, err)
	assert.Contains(t, s.Rows, node.Setting{Name: "seed", Value: "10.9.0.1:9800", Origin: "appsettings.Production.json:1:61"})
	assert.Contains(t, s.Rows, node.Setting{Name: "seed", Value: "10.0.0.2:9800", Origin: "appsettings.json:3:36"})
	assert.Contains(t, s.Rows, node.Setting{Name: "ConnectionOptions:RetryInterval", Value: "3", Origin: "appsettings.json:2:1"})
	assert.ErrorContains(t, errors.Join(s.Problems[0]), "lists are merged entry by entry")
}

// Row 7 of the gaps in the tests.
func TestClientConfIsFoundInTheWorkingDirectory(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("client.ncconf", []byte(`<configuration><cache id="demo"><server name="10.9.8.7"/></cache></configuration>`), 0o600))
	o := named()
	o.UseFiles = true
	s, err := node.Resolve(o)
	require.NoError(t, err)
	assert.Contains(t, s.String(), "10.9.8.7")
	o.Bootstrap = []string{"10.0.0.1:9800"}
	s, err = node.Resolve(o)
	require.NoError(t, err)
	assert.NotContains(t, s.String(), "10.9.8.7")
	assert.Contains(t, s.String(), "not looked for")
}

func TestFurtherSettingsHaveRowsOnce(t *testing.T) {
	o := named()
	o.Further = []node.Setting{{Name: "log-level", Value: "debug", Origin: "--log-level"}, {Name: "cache", Value: "x", Origin: "x"}, {Name: "static", Origin: "default"}}
	s, err := node.Resolve(o)
	require.NoError(t, err)
	assert.Contains(t, s.Rows, node.Setting{Name: "log-level", Value: "debug", Origin: "--log-level"})
	assert.Contains(t, s.Rows, node.Setting{Name: "static", Value: "-", Origin: "default"})
	assert.NotContains(t, s.Rows, node.Setting{Name: "cache", Value: "x", Origin: "x"})
}

func TestALongDrainIsReported(t *testing.T) {
	o := named()
	s, err := node.Resolve(o)
	require.NoError(t, err)
	assert.Empty(t, s.Problems)
	o.DrainSpread = time.Minute
	o.Origins = map[string]string{"drain-spread": "--drain-spread"}
	s, err = node.Resolve(o)
	require.NoError(t, err)
	require.Len(t, s.Problems, 1)
	assert.ErrorContains(t, s.Problems[0], "--drain-spread: a drain may take 1m17s instead of 25s: whatever stops the process must wait that long")
}

// Row 6 of the gaps in the tests: a node that is listed first, in front of a peer, does
// not take itself for the seed.
func TestANodeDoesNotMeetItself(t *testing.T) {
	log := &lockedLog{}
	port := freePort(t)
	own := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	alone := open(t, func(o *node.Options) {
		o.Listen, o.Bootstrap, o.Logger = own, []string{own}, slog.New(slog.NewTextHandler(log, nil))
	})
	assert.Equal(t, discovery.Alone, awaitContact(t, alone).Verdict)
	require.Eventually(t, func() bool {
		return strings.Contains(log.String(), `level=WARN msg="no other member is listed, waiting for peers: every bootstrap address is this server itself`)
	}, time.Minute, time.Millisecond, "logged after the verdict is known")
	require.NoError(t, alone.Close())
	peer := open(t, nil)
	n := open(t, func(o *node.Options) { o.Listen, o.Bootstrap = own, []string{own, peer.PeerAddrs()[0]} })
	assert.Equal(t, discovery.Met, awaitContact(t, n).Verdict)
	awaitServers(t, n, 1)
}

// A lockedLog is a log that may be read while it is written.
type lockedLog struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lockedLog) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lockedLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func TestTheDefaultAdminPortMayBeTaken(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	log := &lockedLog{}
	n := open(t, func(o *node.Options) {
		o.Admin, o.AdminFallback, o.Logger = taken.Addr().String(), true, slog.New(slog.NewTextHandler(log, nil))
	})
	assert.NotEqual(t, taken.Addr().String(), n.AdminAddr())
	code, _ := get(t, "http://"+n.AdminAddr()+"/healthz")
	assert.Equal(t, 200, code)
	assert.Contains(t, log.String(), "the default port of the admin listener is in use")
}

func TestAnAdminListenerOpenToOthersIsReported(t *testing.T) {
	log := &lockedLog{}
	open(t, func(o *node.Options) { o.Admin, o.Logger = ":0", slog.New(slog.NewTextHandler(log, nil)) })
	assert.Contains(t, log.String(), "admin listener is not on loopback and has no password")
}

// A resolver that fails reports each lookup.
type noNames chan string

func (r noNames) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	r <- host
	return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
}

func TestAnAdvertisedNameThatDoesNotResolveIsReported(t *testing.T) {
	log, asked := &lockedLog{}, make(noNames, 1)
	n := open(t, func(o *node.Options) {
		o.Advertise, o.Resolver, o.Logger = "nonsense.invalid", asked, slog.New(slog.NewTextHandler(log, nil))
	})
	assert.Equal(t, "nonsense.invalid", <-asked)
	require.NoError(t, n.Close()) // it waits for the lookup
	assert.Contains(t, log.String(), `level=WARN msg="advertised name does not resolve on this server`)
	assert.Contains(t, log.String(), "name=nonsense.invalid")
}
