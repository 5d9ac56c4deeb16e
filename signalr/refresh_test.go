package signalr

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/signalmesh/signalmesh/signalr/protocol"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// refreshing are options in which a token is "name:role:seconds", of which the last is
// for how long it is valid; 0 is for ever.
func refreshing() Options {
	o := guard()
	o.Authenticate = func(r *http.Request) (*User, error) {
		var seconds int
		name, rest, _ := strings.Cut(BearerToken(r), ":")
		role, until, ok := strings.Cut(rest, ":")
		if _, err := fmt.Sscan(until, &seconds); err != nil || !ok {
			return nil, fmt.Errorf("no token of ours: %w", err)
		}
		user := &User{ID: name, Claims: role}
		if seconds > 0 {
			user.Expires = time.Now().Add(time.Duration(seconds) * time.Second)
		}
		return user, nil
	}
	o.Hubs[0].AuthenticationRefresh, o.Hubs[0].CloseOnExpiry = true, true
	o.Hubs[1].AuthenticationRefresh = true
	return o
}

func TestAuthenticationIsRefreshed(t *testing.T) {
	for name, header := range map[string]bool{"id in the query": false, "id in the header": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := start(t, refreshing())
				n := s.negotiate("/hub/negotiate?negotiateVersion=1&access_token=ann:guest:10")
				assert.Equal(t, 10, n.Lifetime)
				c := s.connect("/hub?id="+n.Token+"&access_token=ann:guest:10", protocol.JSON())
				time.Sleep(8 * time.Second)
				path, headers := "/hub/refresh?access_token=ann:admin:600&id="+n.Token, []string(nil)
				if header {
					path, headers = "/hub/refresh?access_token=ann:admin:600", []string{"X-SignalR-Connection-Token", n.Token}
				}
				status, body, h := s.request("POST", path, headers...)
				assert.Equal(t, 200, status)
				assert.Equal(t, `{"tokenLifetimeSeconds":600}`, body)
				assert.Equal(t, "application/json", h.Get("Content-Type"))
				time.Sleep(300*time.Second + 500*time.Millisecond)
				assert.Equal(t, "admin", result[string](c, "Role"))
				assert.Equal(t, "deleted", result[string](c, "Delete", 1))
				time.Sleep(301 * time.Second)
				assert.Equal(t, protocol.Close{AllowReconnect: true}, c.next())
			})
		})
	}
}

func TestRefreshesAreRefusedInTheWordsOfDotNet(t *testing.T) {
	o := refreshing()
	var log bytes.Buffer
	o.Logger = slog.New(slog.NewTextHandler(&log, nil))
	s := start(t, o)
	n := s.negotiate("/hub/negotiate?negotiateVersion=1&access_token=ann:guest:0")
	assert.Zero(t, n.Lifetime, "the user does not expire")
	c := s.connect("/hub?access_token=ann:guest:0&id="+n.Token, protocol.JSON())
	open := s.negotiate("/open/negotiate?negotiateVersion=1")
	s.connect("/open?id="+open.Token, protocol.JSON())
	old := s.negotiate("/hub/negotiate?access_token=ann:guest:60")
	assert.Zero(t, old.Lifetime, "version 0 has no secret token")
	s.connect("/hub?access_token=ann:guest:60&id="+old.ID, protocol.JSON())
	unopened := s.negotiate("/hub/negotiate?negotiateVersion=1&access_token=ann:guest:60")

	for _, test := range []struct {
		method, path string
		status       int
		problem      string
	}{
		{"POST", "/hub/refresh?access_token=ann:guest:60", 400, "missing_connection_token"},
		{"POST", "/hub/refresh?access_token=ann:guest:60&id=nobody", 404, "connection_not_found"},
		{"POST", "/hub/refresh?access_token=ann:guest:60&id=" + n.ID, 404, "connection_not_found"},
		{"POST", "/open/refresh?access_token=ann:guest:60&id=" + n.Token, 404, "connection_not_found"},
		{"POST", "/hub/refresh?access_token=ann:guest:60&id=" + old.ID, 404, "connection_not_found"},
		{"POST", "/hub/refresh?access_token=ann:guest:60&id=" + unopened.Token, 404, "connection_not_found"},
		{"POST", "/open/refresh?id=" + open.Token, 401, "invalid_token"},
		{"POST", "/hub/refresh?access_token=eve:admin:60&id=" + n.Token, 403, "permission_change_rejected"},
		{"POST", "/open/refresh?access_token=eve:admin:60&id=" + open.Token, 403, "permission_change_rejected"},
		{"POST", "/hub/refresh?id=" + n.Token, 401, ""},
		{"POST", "/hub/refresh?access_token=ann:banned:60&id=" + n.Token, 403, ""},
		{"GET", "/hub/refresh?access_token=ann:guest:60&id=" + n.Token, 405, ""},
	} {
		status, body, _ := s.request(test.method, test.path)
		assert.Equal(t, test.status, status, test.path)
		if test.problem == "" {
			assert.Empty(t, body)
			continue
		}
		assert.Contains(t, body, `{"error":"`+test.problem+`","error_description":"`, test.path)
	}
	assert.Equal(t, "guest", result[string](c, "Role"), "the connection goes on as before")
	assert.Contains(t, log.String(), "the token is that of another user")
	status, body, _ := s.request("POST", "/HUB/Refresh?access_token=ann:guest:0&ID="+n.Token)
	assert.Equal(t, 200, status)
	assert.Equal(t, "{}", body)
}

func TestRefreshesAreOffUnlessAllowed(t *testing.T) {
	s := start(t, guard())
	status, _, _ := s.request("POST", "/hub/refresh?access_token=ann:guest&id=x")
	assert.Equal(t, 404, status)
	assert.False(t, s.Serves("/hub/refresh"))
	o := refreshing()
	o.Authenticate = nil
	_, err := NewServer(o)
	require.ErrorContains(t, err, "none are known; set Authenticate")
	o = refreshing()
	o.Hubs[1].Path = "/hub/refresh"
	_, err = NewServer(o)
	require.ErrorContains(t, err, `hub at "/hub" has AuthenticationRefresh, and another hub has the path of its refreshes`)
}

func TestOldVersionsOfNegotiationCanBeRefused(t *testing.T) {
	o := options(newTestHub())
	o.Hubs[0].MinimumProtocolVersion = 1
	s := start(t, o)
	for _, query := range []string{"", "?negotiateVersion=0"} {
		_, body, _ := s.request("POST", "/hub/negotiate"+query)
		assert.Equal(t, `{"error":"The client requested version '0', but the server does not support this version."}`, body)
	}
	assert.Equal(t, 1, s.negotiate("/hub/negotiate?negotiateVersion=1").Version)
	for _, version := range []int{-1, 2} {
		o.Hubs[0].MinimumProtocolVersion = version
		_, err := NewServer(o)
		require.ErrorContains(t, err, "MinimumProtocolVersion")
	}
}
