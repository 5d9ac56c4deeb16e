package node

import (
	"cmp"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"net/http"
	"sync"

	"github.com/signalmesh/signalmesh/mesh/admission"
	"github.com/signalmesh/signalmesh/node/door"
)

// doorOutput is how many bytes may wait for a client of a door, at least.
const doorOutput = 32 << 20

// openRedis opens the doors for servers that scale out over Redis.
func (n *Node) openRedis() error {
	for _, a := range n.applications() {
		if a.addr == "" {
			continue
		}
		if err := n.openDoor(a); err != nil {
			return err
		}
	}
	return nil
}

func (n *Node) openDoor(a *application) error {
	l, err := listen("Redis", a.addr)
	if err != nil {
		return err
	}
	o := door.Options{
		Listener: l, Exchange: a.exchange, Application: a.name,
		Logger: n.log, Metrics: n.metricsOf(a.name), Ready: n.Ready(),
		Output: max(doorOutput, n.o.meshMessage()), // one message of a hub must fit
	}
	if n.settings.password != "" {
		o.Authenticate = newPasswords(n, a.name).right
	}
	if a.door, err = door.New(o); err != nil {
		_ = l.Close()
		return fmt.Errorf("open the Redis door: %w", err)
	}
	n.opened(a.door.Close)
	return nil
}

// RedisAddr is the host:port of the Redis door of the node's application; empty if
// there is none.
func (n *Node) RedisAddr() string { return n.own.redisAddr() }

// serveDoor tells what can be seen of a door's clients: that of the node's
// application, or of the one that the request names.
func (n *Node) serveDoor(w http.ResponseWriter, r *http.Request) {
	name := cmp.Or(r.URL.Query().Get("application"), n.own.name)
	for _, a := range n.applications() {
		if a.name == name && a.door != nil {
			writeJSON(w, http.StatusOK, a.door.Census())
			return
		}
	}
	writeJSON(w, http.StatusNotFound, map[string]string{"error": fmt.Sprintf("there is no Redis door of application %q; open one with --redis host:port", name)})
}

// passwords check what Redis clients give against the credentials of the mesh.
// Deriving the keys of a password takes long on purpose, so one that was right is
// remembered, as a hash with a key that nobody knows.
type passwords struct {
	n           *Node
	application string
	key         [32]byte
	turns       chan struct{} // how many derivations run at a time

	mu    sync.Mutex
	known map[[sha256.Size]byte]string // the verifier that a right one fits
}

func newPasswords(n *Node, application string) *passwords {
	p := &passwords{n: n, application: application, turns: make(chan struct{}, 2), known: map[[sha256.Size]byte]string{}}
	_, _ = rand.Read(p.key[:]) // never fails: crypto/rand
	return p
}

// right tells whether the password is that of the user, who may run servers of the
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
		allowed := admission.Admitted{Applications: u.Applications}.Allows(p.application)
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
