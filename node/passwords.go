package node

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/signalmesh/signalmesh/mesh/admission"
	"github.com/signalmesh/signalmesh/node/door"
)

// credentials returns what clients of the Redis endpoint of an application are checked
// with: the password of the endpoint, or without one the users of the mesh, or without
// a users file the password of the node. Nil accepts all clients.
func (n *Node) credentials(application string) door.Credentials {
	s := n.settings
	switch {
	case s.redisPassword != "":
		return newOnePassword(s.user, string(s.redisPassword))
	case s.usersFile != nil:
		return newUserPasswords(n, application)
	case s.password != "":
		return newOnePassword(s.user, string(s.password))
	}
	return nil
}

// A hasher hashes passwords with a random key, so that they can be compared in constant
// time and kept in memory.
type hasher [32]byte

func newHasher() (h hasher) {
	_, _ = rand.Read(h[:]) // never fails: crypto/rand
	return h
}

func (h hasher) hash(user, password string) [sha256.Size]byte {
	mac := hmac.New(sha256.New, h[:])
	fmt.Fprintf(mac, "%d %s %s", len(user), user, password)
	return [sha256.Size]byte(mac.Sum(nil))
}

// onePassword is the credentials of an endpoint with one password. Clients give it
// alone or with the name of the node's user.
type onePassword struct {
	hasher hasher
	user   string
	want   [sha256.Size]byte
}

func newOnePassword(user, password string) *onePassword {
	p := &onePassword{hasher: newHasher(), user: user}
	p.want = p.hasher.hash("", password)
	return p
}

// Recall implements door.Credentials. It always knows.
func (p *onePassword) Recall(user, password string) (door.Grant, door.Verdict) {
	got := p.hasher.hash("", password)
	same := subtle.ConstantTimeCompare(got[:], p.want[:]) == 1
	if !same || user != "" && user != p.user {
		return nil, door.Wrong
	}
	return nil, door.Right
}

// Verify implements door.Credentials. It is never asked.
func (p *onePassword) Verify(user, password string) (door.Grant, bool) {
	g, verdict := p.Recall(user, password)
	return g, verdict == door.Right
}

// userPasswords are the credentials of an endpoint for the users of the mesh.
// Deriving the keys of a password takes 60 ms on purpose, so verifiers are remembered
// with the hash of the password that they were derived from.
type userPasswords struct {
	n           *Node
	application string
	hasher      hasher
	allowed     atomic.Pointer[verifiers]

	mu    sync.Mutex
	right map[[sha256.Size]byte]string // verifiers of passwords that were right once
	wrong map[[sha256.Size]byte]string // of others: guesses, and old passwords that are sent for ever
}

// maxRemembered bounds each map of userPasswords.
const maxRemembered = 8192

func newUserPasswords(n *Node, application string) *userPasswords {
	return &userPasswords{
		n: n, application: application, hasher: newHasher(),
		right: map[[sha256.Size]byte]string{}, wrong: map[[sha256.Size]byte]string{},
	}
}

// name is the user that a client means: without a name, the node's own.
func (p *userPasswords) name(user string) string {
	if user == "" {
		return p.n.settings.user
	}
	return user
}

// Recall implements door.Credentials.
func (p *userPasswords) Recall(user, password string) (door.Grant, door.Verdict) {
	hash := p.hasher.hash(p.name(user), password)
	p.mu.Lock()
	verifier, known := p.right[hash]
	if !known {
		verifier, known = p.wrong[hash]
	}
	p.mu.Unlock()
	g := userGrant{p, verifier}
	switch {
	case !known:
		return nil, door.Unknown
	case !g.Valid():
		return nil, door.Wrong
	}
	return g, door.Right
}

// Verify implements door.Credentials.
func (p *userPasswords) Verify(user, password string) (door.Grant, bool) {
	user = p.name(user)
	g, ok := userGrant{all: p}, false
	if v, err := admission.NewVerifier(p.n.settings.cache, user, password); err == nil {
		g.verifier = v.Text()
		ok = g.Valid()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	remembered := p.wrong
	if ok {
		remembered = p.right
	}
	if len(remembered) >= maxRemembered {
		clear(remembered)
	}
	remembered[p.hasher.hash(user, password)] = g.verifier
	return g, ok
}

// A userGrant is the grant of a client by the verifier of its password.
type userGrant struct {
	all      *userPasswords
	verifier string
}

// Valid reports whether a user of the mesh has the verifier, and may run servers of
// the application.
func (g userGrant) Valid() bool { return g.all.verifiers().texts[g.verifier] }

// verifiers are the verifiers of the users that may run servers of the application, as of
// one reading of the file. A client cannot choose the verifier that is looked up, so the
// duration of the lookup reveals nothing.
type verifiers struct {
	users *[]admission.User
	texts map[string]bool
}

func (p *userPasswords) verifiers() *verifiers {
	users := p.n.users.Load()
	if v := p.allowed.Load(); v != nil && v.users == users {
		return v
	}
	v := &verifiers{users: users, texts: map[string]bool{}}
	for _, u := range *users {
		if (admission.Admitted{Applications: u.Applications}).Allows(p.application) {
			v.texts[u.Verifier.Text()] = true
		}
	}
	p.allowed.Store(v)
	return v
}
