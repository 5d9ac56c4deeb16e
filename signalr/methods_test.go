package signalr

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/signalmesh/signalmesh/signalr/protocol"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A base is embedded in hubs of its package, so its methods are theirs.
type base struct{}

func (base) Ping() string   { return "pong" }
func (*base) Point() string { return "point" }
func (base) Len() int       { return -1 }
func (*base) Over() string  { return "base" }

// A mixed hub declares methods, and embeds types of its package and of others.
type mixed struct {
	base
	*strings.Reader // Len at the same depth as base's: neither is promoted
	io.Closer
}

func (mixed) Own() string      { return "own" }
func (*mixed) Over() string    { return "mixed" }
func (m mixed) Close() error   { return errors.New("the hub's own Close") }
func (*mixed) Seek(int) string { return "the hub's own Seek" }

// A wrapper has only methods that are promoted, through two levels.
type wrapper struct{ deeper }
type deeper struct {
	mixed
	bytes.Buffer
}

func chosen(t *testing.T, hub any, o Methods) []string {
	methods, _, err := methodsOf(hub, o)
	require.NoError(t, err)
	return methods.names()
}

func TestMethodsOfOtherPackagesAreNoHubMethods(t *testing.T) {
	assert.Equal(t, []string{"Close", "Over", "Own", "Ping", "Point", "Seek"}, chosen(t, &mixed{}, Methods{}))
	assert.NotContains(t, chosen(t, &wrapper{}, Methods{}), "Reset")
	assert.NotContains(t, chosen(t, &wrapper{}, Methods{}), "Truncate")
	assert.Contains(t, chosen(t, &wrapper{}, Methods{}), "Own")

	hub := &mixed{Reader: strings.NewReader("12345")}
	assert.Contains(t, chosen(t, hub, Methods{Include: []string{"Size"}}), "Size")
	assert.Equal(t, []string{"Own", "Size"}, chosen(t, hub, Methods{Only: []string{"Own", "Size"}}))
	assert.Equal(t, []string{"Over", "Ping", "Seek"}, chosen(t, hub, Methods{Exclude: []string{"Close", "Own", "Point"}}))
	assert.Contains(t, chosen(t, hub, Methods{Rename: map[string]string{"Own": "GetOwn"}}), "GetOwn")
}

func TestClientsCallMethodsByTheirNewNames(t *testing.T) {
	hub := HubOptions{Path: "/hub", Hub: &mixed{Reader: strings.NewReader("12345")}, Methods: Methods{
		Include: []string{"Size"}, Exclude: []string{"Ping"}, Rename: map[string]string{"Own": "Mine", "Size": "Length"},
	}}
	c := start(t, Options{Hubs: []HubOptions{hub}}).connect("/hub", protocol.JSON())
	assert.Equal(t, "own", result[string](c, "mine"))
	assert.Equal(t, 5, result[int](c, "Length"))
	assert.Equal(t, "mixed", result[string](c, "Over"))
	for _, name := range []string{"Own", "Size", "Ping", "Read", "Reset"} {
		assert.Contains(t, c.invoke(name).Error, "Method does not exist", name)
	}
}

func TestWrongMethodsAreRefusedWithEveryReason(t *testing.T) {
	for want, o := range map[string]Methods{
		`Methods.Only has "Nope", which is not a method of *signalr.mixed`:    {Only: []string{"Nope"}},
		`Methods.Include has "Nope"`:                                          {Include: []string{"Nope"}},
		`Methods.Exclude has "own"`:                                           {Exclude: []string{"own"}},
		`Methods.Rename has "Nope"`:                                           {Rename: map[string]string{"Nope": "x"}},
		`Methods.Rename cannot call "Own" ""`:                                 {Rename: map[string]string{"Own": ""}},
		`Methods.Rename cannot call "Own" "OnConnected"`:                      {Rename: map[string]string{"Own": "OnConnected"}},
		`has methods Ping and PING, which differ by case only`:                {Rename: map[string]string{"Point": "PING"}},
		`Methods.Only names all hub methods; leave Include and Exclude empty`: {Only: []string{"Own"}, Exclude: []string{"Ping"}},
	} {
		_, _, err := methodsOf(&mixed{}, o)
		if !assert.ErrorContains(t, err, want) {
			continue
		}
	}
}

type lockedHub struct{ sync.Mutex }
type rwLockedHub struct{ *sync.RWMutex }
type lockerHub struct{ sync.Locker }
type waiting struct{ sync.WaitGroup }
type tallying struct{ atomic.Int64 }
type contextual struct{ context.Context }
type deepLock struct{ lockedBase }
type lockedBase struct{ mu }
type mu struct{ sync.Mutex }
type ownLock struct{ spin }
type spin struct{}

func (*spin) Lock()   {}
func (*spin) Unlock() {}

type doorLock struct{ mu sync.Mutex }

func (d *doorLock) Lock()   { d.mu.Lock() }
func (d *doorLock) Unlock() { d.mu.Unlock() }

func TestEmbeddedLocksAreRefused(t *testing.T) {
	for _, hub := range []any{
		&lockedHub{}, rwLockedHub{&sync.RWMutex{}}, lockerHub{&sync.Mutex{}}, &waiting{}, &tallying{},
		contextual{t.Context()}, &deepLock{}, &ownLock{},
	} {
		_, err := NewServer(Options{Hubs: []HubOptions{{Path: "/h", Hub: hub}}})
		assert.ErrorContains(t, err, "whose methods would be hub methods; give the field a name", "%T", hub)
	}
	_, err := NewServer(Options{Hubs: []HubOptions{{Path: "/h", Hub: &sync.Mutex{}}}})
	assert.ErrorContains(t, err, "*sync.Mutex cannot be a hub")
	assert.Equal(t, []string{"Lock", "Unlock"}, chosen(t, &doorLock{}, Methods{}), "the hub's own methods are hub methods")
}

type slips struct{}

func (slips) Value(Call)                   {}
func (slips) Context(*context.Context)     {}
func (slips) Twice(**Call)                 {}
func (slips) Request(*http.Request)        {}
func (slips) Clients(Clients)              {}
func (slips) Hub(*Hub)                     {}
func (slips) User(User)                    {}
func (slips) Told() *HubError              { return nil }
func (slips) First() (error, error)        { return nil, nil }
func (slips) Give() *Call                  { return nil }
func (slips) OnConnectedAsync(*Call) error { return nil }

func TestSlipsInSignaturesAreRefused(t *testing.T) {
	_, err := NewServer(Options{Hubs: []HubOptions{{Path: "/h", Hub: slips{}}}})
	for _, want := range []string{
		"slips.Value: parameter 1: type signalr.Call, which clients would have to send; take a *signalr.Call",
		"slips.Context: parameter 1: type *context.Context, which clients would have to send; take a context.Context",
		"slips.Twice: parameter 1: type **signalr.Call",
		"slips.Request: parameter 1: type *http.Request, which clients would have to send; take a *signalr.Call and use its Request",
		"slips.Clients: parameter 1", "slips.Hub: parameter 1", "slips.User: parameter 1",
		"slips.Told: result: type *signalr.HubError is an error; declare it as error",
		"slips.First: result: type error is an error",
		"slips.Give: result: type *signalr.Call",
		"slips.OnConnectedAsync never runs by itself; call it OnConnected",
	} {
		assert.ErrorContains(t, err, want)
	}
}

func TestHubMethodsAreLoggedAtStart(t *testing.T) {
	var log bytes.Buffer
	start(t, Options{
		Hubs:   []HubOptions{{Path: "/hub", Hub: &wrapper{}, Methods: Methods{Exclude: []string{"Own"}}}},
		Logger: slog.New(slog.NewTextHandler(&log, nil)),
	})
	assert.Contains(t, log.String(), `level=INFO msg=hub path=/hub name=wrapper methods="Close, Over, Ping, Point, Seek"`)
	assert.Contains(t, log.String(), "Own (Methods.Exclude)")
	assert.Contains(t, log.String(), "Reset (promoted from *bytes.Buffer)")
}

func TestAHubWithoutMethodsSends(t *testing.T) {
	s := start(t, Options{Hubs: []HubOptions{{Path: "/hub", Hub: struct{}{}, Name: "Notifications"}}})
	c := s.connect("/hub", protocol.JSON())
	assert.Contains(t, c.invoke("Anything").Error, "Method does not exist")
	require.NoError(t, s.Hub("/hub").Clients(t.Context()).All().Send("news", "x"))
	assert.Equal(t, "x", c.received("news"))
}
