package signalr

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/signalmesh/signalmesh/signalr/protocol"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// guarded is a hub for users, with a method for some of them.
type guarded struct{}

func (guarded) Name(call *Call) string                   { return call.UserID() }
func (guarded) Role(call *Call) string                   { return call.User().Claims.(string) }
func (guarded) Delete(call *Call, _ int) string          { return "deleted" }
func (guarded) Watch(call *Call) <-chan int              { return filled(1) }
func (guarded) Fill(call *Call, in <-chan string) string { return strings.Join(collect(in), "") }

// guard mounts the hub. A token is "name:role".
func guard() Options {
	admin := func(u *User) bool { return u.Claims == "admin" }
	return Options{
		Hubs: []HubOptions{
			{
				Path: "/hub", Hub: guarded{},
				Authorize:        func(u *User) bool { return u.Claims != "banned" },
				AuthorizeMethods: map[string]Policy{"delete": admin, "Watch": admin, "Fill": admin},
			},
			{Path: "/open", Name: "open", Hub: guarded{}, AuthorizeMethods: map[string]Policy{"Delete": Authenticated}},
		},
		Authenticate: func(r *http.Request) (*User, error) {
			token := BearerToken(r)
			name, role, ok := strings.Cut(token, ":")
			if !ok {
				return nil, errors.New("no token of ours")
			}
			return &User{ID: name, Claims: role}, nil
		},
	}
}

func TestHubsAreForTheirUsersAtEveryRequest(t *testing.T) {
	s := start(t, guard())
	for _, request := range []struct{ method, path string }{
		{"POST", "/hub/negotiate?negotiateVersion=1"}, {"GET", "/hub?id=x"}, {"POST", "/hub?id=x"},
		{"DELETE", "/hub?id=x"}, {"PUT", "/hub"}, {"GET", "/hub/negotiate"},
	} {
		for token, want := range map[string]int{"": 401, "nonsense": 401, "eve:banned": 403} {
			r, err := http.NewRequest(request.method, "http://test"+request.path, strings.NewReader("x"))
			require.NoError(t, err)
			if token != "" {
				r.Header.Set("Authorization", "Bearer "+token)
			}
			response, err := s.client.Do(r)
			require.NoError(t, err)
			body, err := io.ReadAll(response.Body)
			require.NoError(t, err)
			response.Body.Close()
			assert.Equal(t, want, response.StatusCode, "%v %q", request, token)
			assert.Empty(t, body)
			assert.Equal(t, want == 401, response.Header.Get("WWW-Authenticate") == "Bearer")
		}
	}
}

func TestRefusalsCanBeReadByPagesOfAllowedOrigins(t *testing.T) {
	o := guard()
	o.AllowedOrigins = []string{"https://app.example"}
	s := start(t, o)
	for method, want := range map[string]int{"POST": 401, "OPTIONS": 204} {
		r, err := http.NewRequest(method, "http://test/hub/negotiate", http.NoBody)
		require.NoError(t, err)
		r.Header.Set("Origin", "https://app.example")
		r.Header.Set("Access-Control-Request-Method", "POST")
		response, err := s.client.Do(r)
		require.NoError(t, err)
		response.Body.Close()
		assert.Equal(t, want, response.StatusCode)
		assert.Equal(t, "https://app.example", response.Header.Get("Access-Control-Allow-Origin"))
	}
}

func TestMethodsAreForTheirUsers(t *testing.T) {
	const unauthorized = "Failed to invoke 'Delete' because user is unauthorized"
	both(t, func(t *testing.T, p protocol.Protocol) {
		s := start(t, guard())
		guest := s.connect("/hub?access_token=ann:guest", p)
		assert.Equal(t, "ann", result[string](guest, "Name"))
		assert.Equal(t, "guest", result[string](guest, "Role"))
		assert.Equal(t, unauthorized, guest.invoke("DELETE", 1).Error)
		_, end := streamed[int](guest, "Watch")
		assert.Equal(t, "Failed to invoke 'Watch' because user is unauthorized", end.Error)
		guest.send(protocol.Invocation{InvocationID: "u", Target: "Fill", Arguments: []any{}, StreamIDs: []string{"s"}})
		assert.Equal(t, "Failed to invoke 'Fill' because user is unauthorized", guest.next().(protocol.Completion).Error)
		assert.Equal(t, "ann", result[string](guest, "Name"), "the connection goes on")

		admin := s.connect("/hub?access_token=bob:admin", p)
		assert.Equal(t, "deleted", result[string](admin, "Delete", 1))
		items, _ := streamed[int](admin, "Watch")
		assert.Equal(t, []int{0}, items)

		nobody := s.connect("/open", p)
		assert.Empty(t, result[string](nobody, "Name"))
		assert.Equal(t, unauthorized, nobody.invoke("Delete", 1).Error)
		assert.Equal(t, "deleted", result[string](s.connect("/open?access_token=ann:any", p), "Delete", 1))
	})
}

func TestPoliciesThatPanicLetNobodyIn(t *testing.T) {
	o := guard()
	o.Hubs[0].AuthorizeMethods["delete"] = func(*User) bool { panic("oops") }
	c := start(t, o).connect("/hub?access_token=ann:guest", protocol.JSON())
	assert.Equal(t, "An unexpected error occurred invoking 'Delete' on the server.", c.invoke("Delete", 1).Error)
}

func TestUserIDGoesBeforeThatOfTheUser(t *testing.T) {
	o := guard()
	o.UserID = func(r *http.Request) string { return "other" }
	c := start(t, o).connect("/hub?access_token=ann:guest", protocol.JSON())
	assert.Equal(t, "other", result[string](c, "Name"))
}

func TestConnectionsCloseWhenTheirUserExpires(t *testing.T) {
	for name, closes := range map[string]bool{"on": true, "off": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := guard()
				o.Authenticate = func(*http.Request) (*User, error) {
					return &User{ID: "ann", Expires: time.Now().Add(10 * time.Second)}, nil
				}
				o.Hubs[0].CloseOnExpiry = closes
				c := start(t, o).connect("/hub", protocol.JSON())
				time.Sleep(9 * time.Second)
				synctest.Wait()
				assert.Empty(t, c.frames)
				time.Sleep(3 * time.Second)
				synctest.Wait()
				if !closes {
					assert.Empty(t, c.frames)
					return
				}
				assert.Equal(t, protocol.Close{AllowReconnect: true}, c.next())
				assert.Equal(t, 1000, c.closed())
			})
		})
	}
}

func TestPollsRenewTheUserButNotItsName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := guard()
		var polls atomic.Int32
		o.Authenticate = func(r *http.Request) (*User, error) {
			if r.Method == http.MethodGet {
				polls.Add(1)
			}
			name := "ann"
			if polls.Load() > 5 {
				name = "eve"
			}
			return &User{ID: name, Claims: strings.Repeat("+", int(polls.Load())), Expires: time.Now().Add(2 * time.Minute)}, nil
		}
		o.Hubs[0].CloseOnExpiry = true
		c := start(t, o).connectBy(LongPolling, "/hub", protocol.JSON())
		time.Sleep(10 * time.Minute) // a poll takes 50 s
		synctest.Wait()
		assert.Equal(t, "ann", result[string](c, "Name"))
		assert.Greater(t, len(result[string](c, "Role")), 5)
	})
}

func TestHubsThatNobodyCouldUseAreRefused(t *testing.T) {
	o := guard()
	o.Authenticate = nil
	_, err := NewServer(o)
	assert.ErrorContains(t, err, `hub at "/hub" authorizes users, but none are known; set Authenticate`)
	o = guard()
	o.Hubs[0].AuthorizeMethods = map[string]Policy{"Delete": nil, "Wacth": Authenticated, "Name": Authenticated, "name": Authenticated}
	_, err = NewServer(o)
	for _, want := range []string{
		`hub at "/hub": `, `AuthorizeMethods has no policy for "Delete"`,
		`AuthorizeMethods has "Wacth", which is no hub method`, `AuthorizeMethods has "name" twice`,
	} {
		assert.ErrorContains(t, err, want)
	}
}
