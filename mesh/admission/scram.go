package admission

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/xdg-go/scram"
)

// binding is what both ends of this connection derive and those of no other do. The
// library knows only TLS's names of bindings: an exporter is what comes nearest.
func (x *exchange) binding(prover side) scram.ChannelBinding {
	h := sha256.New()
	writeFields(h, "signalmesh admission", fmt.Sprint(Version), x.gate.cache, x.channel.Initiator, x.channel.Responder, string(prover))
	return scram.ChannelBinding{Type: scram.ChannelBindingTLSExporter, Data: h.Sum(nil)}
}

// serverFirstEnd is what a server-first has after its nonce.
func serverFirstEnd(salt string) string {
	return fmt.Sprintf(",s=%s,i=%d", base64.StdEncoding.EncodeToString([]byte(salt)), Iterations)
}

// prove is the client side of SCRAM: this node is on side us and proves its own
// credentials, and that the peer knows them.
func (x *exchange) prove(us side) error {
	conversation := x.gate.client.NewConversationWithChannelBinding(x.binding(us))
	first, err := conversation.Step("")
	if err != nil {
		return fmt.Errorf("make client-first: %w", err)
	}
	x.put(message{kindScram, []byte(first)})
	challenge, err := x.take(kindScram)
	if err != nil {
		return err
	}
	// Nothing but the nonce is for the server to choose.
	if nonce, ok := strings.CutSuffix(string(challenge), x.gate.reply); !ok || strings.Contains(nonce, ",") {
		return fmt.Errorf("%w: salt or iteration count are not those of this version", ErrProtocol)
	}
	proof, err := conversation.Step(string(challenge))
	if err != nil {
		return fmt.Errorf("%w: server-first does not follow client-first", ErrProtocol)
	}
	x.put(message{kindScram, []byte(proof)})
	signature, err := x.take(kindScram)
	if err != nil {
		return err
	}
	if _, err := conversation.Step(string(signature)); err != nil || !conversation.Valid() {
		return x.refuse(&Refusal{Reason: WrongCredentials})
	}
	return nil
}

// check is the server side of SCRAM: the peer is on side them and proves its
// credentials.
func (x *exchange) check(them side) (Admitted, error) {
	first, err := x.take(kindScram)
	if err != nil {
		return Admitted{}, err
	}
	c := newCheck(x.gate, x.binding(them))
	challenge, err := c.first(string(first))
	if err != nil {
		return Admitted{}, err
	}
	x.put(message{kindScram, []byte(challenge)})
	proof, err := x.take(kindScram)
	if err != nil {
		return Admitted{}, err
	}
	who, signature, ok := c.final(string(proof))
	if !ok {
		return Admitted{}, x.refuse(&Refusal{Reason: WrongCredentials, User: c.user, Known: c.known > 0})
	}
	x.put(message{kindScram, []byte(signature)})
	if them == responder { // else our own proof follows
		err = x.flush()
	}
	return who, err
}

// A check compares a proof with every password of a user, and with as many that are
// none where there are fewer: whatever name is given, the same is done. It runs one
// conversation for each, all alike but for the keys, since the passwords of a user
// have one salt.
type check struct {
	gate          *Gate
	conversations [maxVerifiers]*scram.ServerConversation
	candidates    [maxVerifiers]Verifier
	applications  []string
	known         int
	user          string
}

func newCheck(g *Gate, binding scram.ChannelBinding) *check {
	c := &check{gate: g}
	nonce := rand.Text()
	for i := range c.conversations {
		server, err := scram.SHA256.NewServer(func(user string) (scram.StoredCredentials, error) {
			if i == 0 {
				c.user = user
				c.candidates, c.known, c.applications = g.candidates(user)
			}
			return c.candidates[i].credentials(), nil
		})
		if err != nil {
			panic("admission: making a SCRAM server: " + err.Error()) // it has no settings to be wrong
		}
		server.WithNonceGenerator(func() string { return nonce })
		c.conversations[i] = server.NewConversationWithChannelBindingRequired(binding)
	}
	return c
}

// first takes the client-first and returns the server-first.
func (c *check) first(text string) (challenge string, err error) {
	for _, conversation := range c.conversations {
		challenge, err = conversation.Step(text)
		if err != nil || conversation.AuthzID() != "" {
			return "", fmt.Errorf("%w: malformed client-first", ErrProtocol)
		}
	}
	return challenge, nil
}

// final takes the client-final and says who is proven by it.
func (c *check) final(text string) (who Admitted, signature string, ok bool) {
	for i, conversation := range c.conversations {
		answer, err := conversation.Step(text)
		if err == nil && conversation.Valid() && i < c.known {
			who = Admitted{User: c.user, Applications: c.applications, verifier: c.candidates[i]}
			signature, ok = answer, true
		}
	}
	return who, signature, ok
}
