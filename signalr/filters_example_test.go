package signalr_test

import (
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/signalmesh/signalmesh/signalr"
)

// Board is a hub whose methods are not for everybody.
type Board struct{}

// Post remembers where the caller was last.
func (*Board) Post(call *signalr.Call, room, text string) error {
	call.Items().Store(roomKey{}, room)
	return call.Clients().Group(room).Send("Posted", call.UserID(), text)
}

// Delete is for moderators.
func (*Board) Delete(id int) {}

type roomKey struct{}

// Token is what an application finds in a token, whatever kind that is of.
type Token struct {
	Name      string
	Moderator bool
	Until     time.Time
}

// verify stands for any check of a token.
func verify(token string) (*Token, error) {
	if token != "secret" {
		return nil, fmt.Errorf("verify token: it is none")
	}
	return &Token{Name: "ann", Until: time.Now().Add(time.Hour)}, nil
}

// moderator is the Policy for what moderators may do.
func moderator(user *signalr.User) bool { return user.Claims.(*Token).Moderator }

// timed logs how long methods take, and cuts off who floods a room.
var timed = signalr.Filter{
	Invoke: func(inv *signalr.Invocation, next signalr.InvokeFunc) (any, error) {
		if inv.Method == "Post" && len(inv.Args[1].(string)) > 1000 {
			return nil, &signalr.HubError{Message: "too long"}
		}
		start := time.Now()
		result, err := next(inv)
		log.Print(inv.Method, " took ", time.Since(start))
		return result, err
	},
}

// A hub for users with tokens, some methods of it for some of them.
func ExamplePolicy() {
	server, err := signalr.NewServer(signalr.Options{
		Authenticate: func(r *http.Request) (*signalr.User, error) {
			token, err := verify(signalr.BearerToken(r))
			if err != nil {
				return nil, err
			}
			return &signalr.User{ID: token.Name, Claims: token, Expires: token.Until}, nil
		},
		Filters: []signalr.Filter{timed},
		Hubs: []signalr.HubOptions{{
			Path:             "/board",
			Hub:              &Board{},
			Authorize:        signalr.Authenticated,
			AuthorizeMethods: map[string]signalr.Policy{"Delete": moderator},
			CloseOnExpiry:    true,
			Limits:           signalr.Limits{KeepAlive: 10 * time.Second, ParallelInvocations: 4},
		}},
		ShutdownSpread: 10 * time.Second,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	web := httptest.NewServer(server)
	defer web.Close()

	for _, query := range []string{"", "&access_token=secret"} {
		r, err := http.Get(web.URL + "/board?id=none" + query)
		if err != nil {
			log.Fatal(err)
		}
		r.Body.Close()
		fmt.Println(r.StatusCode)
	}
	// Output:
	// 401
	// 404
}
