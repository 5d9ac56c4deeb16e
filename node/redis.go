package node

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"net/http"
	"sync"

	"github.com/signalmesh/signalmesh/mesh/admission"
	"github.com/signalmesh/signalmesh/node/door"
	"github.com/signalmesh/signalmesh/node/exchange"
)

// openExchange puts between the topic and those who share it: the hubs and the door.
func (n *Node) openExchange() (err error) {
	if n.exchange, err = exchange.New(n.topic); err != nil {
		return err
	}
	n.opened(n.exchange.Close)
	return nil
}

// openRedis opens the door for servers that scale out over Redis.
func (n *Node) openRedis() error {
	if n.o.Redis == "" {
		return nil
	}
	l, err := listen("Redis", n.o.Redis)
	if err != nil {
		return err
	}
	o := door.Options{
		Listener: l, Exchange: n.exchange, Application: n.settings.application,
		Logger: n.log, Metrics: n.o.Metrics, Ready: n.Ready(),
	}
	if n.settings.password != "" {
		o.Authenticate = newPasswords(n).right
	}
	if n.door, err = door.New(o); err != nil {
		_ = l.Close()
		return fmt.Errorf("open the Redis door: %w", err)
	}
	n.opened(n.door.Close)
	return nil
}

// RedisAddr is the host:port of the Redis door; empty if there is none.
func (n *Node) RedisAddr() string {
	if n.door == nil {
		return ""
	}
	return n.door.Addr().String()
}

// serveDoor tells what can be seen of the door's clients.
func (n *Node) serveDoor(w http.ResponseWriter, _ *http.Request) {
	if n.door == nil {
		writeJSON(w, http.StatusNotFound, map[string]string{"error": "there is no Redis door; open one with --redis host:port"})
		return
	}
	writeJSON(w, http.StatusOK, n.door.Census())
}

// passwords check what Redis clients give against the credentials of the mesh.
// Deriving the keys of a password takes long on purpose, so one that was right is
// remembered, as a hash with a key that nobody knows.
type passwords struct {
	n     *Node
	key   [32]byte
	turns chan struct{} // how many derivations run at a time

	mu    sync.Mutex
	known map[[sha256.Size]byte]string // the verifier that a right one fits
}

func newPasswords(n *Node) *passwords {
	p := &passwords{n: n, turns: make(chan struct{}, 2), known: map[[sha256.Size]byte]string{}}
	_, _ = rand.Read(p.key[:]) // never fails: crypto/rand
	return p
}

// right tells whether the password is that of the user, who may run servers of our
// application. Without a user it is that of our own.
func (p *passwords) right(user, password string) bool {
	s := p.n.settings
	own := user == "" || user == s.user
	if user == "" {
		user = s.user
	}
	users := p.n.users.Load()
	if users == nil {
		// Both are hashed, so that the time says nothing of their lengths.
		got, want := p.hash(user, password), p.hash(s.user, string(s.password))
		return subtle.ConstantTimeCompare(got[:], want[:]) == 1 && own
	}
	return p.verify(*users, user, password)
}

func (p *passwords) hash(user, password string) (sum [sha256.Size]byte) {
	h := hmac.New(sha256.New, p.key[:])
	fmt.Fprintf(h, "%d %s %s", len(user), user, password)
	return [sha256.Size]byte(h.Sum(nil))
}

const maxKnown = 1024

func (p *passwords) verify(users []admission.User, user, password string) bool {
	hash := p.hash(user, password)
	p.mu.Lock()
	verifier := p.known[hash]
	p.mu.Unlock()
	if verifier == "" {
		p.turns <- struct{}{}
		v, err := admission.NewVerifier(p.n.settings.cache, user, password)
		<-p.turns
		if err != nil {
			return false
		}
		verifier = v.Text()
	}
	right := false
	for _, u := range users {
		allowed := admission.Admitted{Applications: u.Applications}.Allows(p.n.settings.application)
		same := subtle.ConstantTimeCompare([]byte(u.Verifier.Text()), []byte(verifier)) == 1
		right = right || allowed && same
	}
	if right {
		p.mu.Lock()
		if len(p.known) >= maxKnown {
			clear(p.known)
		}
		p.known[hash] = verifier
		p.mu.Unlock()
	}
	return right
}
