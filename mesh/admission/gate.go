package admission

import (
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/xdg-go/scram"
)

// Options are what a Gate knows.
type Options struct {
	// Cache is the name that both sides must have in common. Letter case does not
	// matter. Required.
	Cache string
	// UserID and Password are this node's own credentials, which it proves to every
	// peer. Without them nobody needs any.
	UserID, Password string
	// Users are those who are let in. Nil means who proves UserID and Password.
	Users []User
}

var errNothingToProve = errors.New("users to let in, but no credentials to prove to them; set UserID and Password")

// A Gate is one node's side of the exchange with any number of peers.
type Gate struct {
	cache     string
	client    *scram.Client // our own proof; nil: anonymous
	reply     string        // how a server-first must end that is for our user
	stranger  Verifier      // of no password at all
	own       []User
	accounts  atomic.Pointer[accounts]
	anonymous bool
}

// New makes a Gate. It derives the keys of every password it is given, at the cost
// of NewVerifier for each.
func New(o Options) (*Gate, error) {
	g := &Gate{cache: fold(o.Cache), anonymous: o.Password == ""}
	if o.Cache == "" || len(g.cache) > maxCache {
		return nil, fmt.Errorf("cache name %.64q: it must have 1 to %d bytes", o.Cache, maxCache)
	}
	// Never fails: crypto/rand.
	_, _ = rand.Read(g.stranger.stored[:])
	_, _ = rand.Read(g.stranger.server[:])
	if g.anonymous {
		if o.UserID != "" {
			return nil, fmt.Errorf("user %q, but no password; set Password", o.UserID)
		}
		if o.Users != nil {
			return nil, errNothingToProve
		}
		return g, nil
	}
	if err := g.setOwn(o.UserID, o.Password); err != nil {
		return nil, err
	}
	return g, g.Accept(o.Users)
}

func (g *Gate) setOwn(user, password string) error {
	if user == "" {
		return errors.New("a password, but no user; set UserID")
	}
	user, err := prepared(user)
	if err != nil {
		return err
	}
	if g.client, err = newClient(user, password); err != nil {
		return err
	}
	v, err := derive(g.client, salt(g.cache, user))
	if err != nil {
		return err
	}
	g.own = []User{{Name: user, Verifier: v}}
	g.reply = serverFirstEnd(v.salt)
	return nil
}

// Accept replaces the users that are let in, from the next exchange on; nil means
// this node's own. Valid tells who would not be admitted again. On an error nothing
// changes.
func (g *Gate) Accept(users []User) error {
	if g.anonymous {
		return errNothingToProve
	}
	if users == nil {
		users = g.own
	}
	a, err := newAccounts(g.cache, users)
	if err != nil {
		return err
	}
	g.accounts.Store(&a)
	return nil
}

// Valid tells whether a peer would be admitted again as it was.
func (g *Gate) Valid(a Admitted) bool {
	if g.anonymous {
		return true
	}
	have := (*g.accounts.Load())[a.User]
	return have != nil && sameApplications(have.applications, a.Applications) && slices.ContainsFunc(have.verifiers, a.verifier.equal)
}

// candidates returns the verifiers that a proof of user is compared with: always
// maxVerifiers of them, with the salt a user of that name has, whether there is one
// or not. known says how many are real.
func (g *Gate) candidates(user string) (list [maxVerifiers]Verifier, known int, applications []string) {
	nobody := g.stranger
	nobody.salt = salt(g.cache, user)
	list = [maxVerifiers]Verifier{nobody, nobody}
	if a := (*g.accounts.Load())[user]; a != nil {
		known, applications = copy(list[:], a.verifiers), a.applications
	}
	return list, known, applications
}
