package admission

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"

	"github.com/xdg-go/scram"
	"github.com/xdg-go/stringprep"
)

// Iterations is the PBKDF2 count of this version of the exchange. Whoever offers
// another is refused, so nobody can ask for a proof that is easier to guess from, or
// for one that costs more to make.
const Iterations = 200_000

const (
	maxUserID   = 255
	maxPassword = 1 << 10
)

// A Verifier is what a node needs to verify a user: a proof can be checked with it
// but not made. It is a secret all the same, since guesses can be tested against it.
// However it is formatted or logged, it is hidden; Text is what files hold. The zero
// Verifier is none.
type Verifier struct {
	salt   string
	stored [sha256.Size]byte // RFC 5802, StoredKey
	server [sha256.Size]byte // RFC 5802, ServerKey
}

// salt makes the salt of a user's passwords. It is public and different for each
// pair of cache and user.
func salt(cache, user string) string {
	h := sha256.New()
	writeFields(h, "signalmesh salt 1", cache, user)
	return string(h.Sum(nil))
}

// writeFields writes fields so that no two lists are written alike.
func writeFields(w io.Writer, fields ...string) {
	for _, f := range fields {
		var length [4]byte
		binary.BigEndian.PutUint32(length[:], uint32(len(f)))
		_, _ = w.Write(length[:]) // a hash takes everything
		_, _ = io.WriteString(w, f)
	}
}

// NewVerifier makes the verifier of a user of a cache. It costs Iterations, about
// 60 ms.
func NewVerifier(cache, user, password string) (Verifier, error) {
	user, err := prepared(user)
	if err != nil {
		return Verifier{}, err
	}
	c, err := newClient(user, password)
	if err != nil {
		return Verifier{}, err
	}
	return derive(c, salt(fold(cache), user))
}

// newClient makes the client side of a user. It keeps the keys it derives.
func newClient(user, password string) (*scram.Client, error) {
	if password == "" || len(password) > maxPassword {
		return nil, fmt.Errorf("user %q: the password must have 1 to %d bytes, not %d", user, maxPassword, len(password))
	}
	c, err := scram.SHA256.NewClient(user, password, "")
	if err != nil {
		// Without the cause, which is about the password.
		return nil, fmt.Errorf("user %q: the password has characters that RFC 4013 does not allow", user)
	}
	return c.WithMinIterations(Iterations), nil
}

// derive computes the keys of c, which then has them at hand.
func derive(c *scram.Client, salt string) (Verifier, error) {
	keys, err := c.GetStoredCredentialsWithError(scram.KeyFactors{Salt: salt, Iters: Iterations})
	if err != nil {
		return Verifier{}, fmt.Errorf("derive keys: %w", err)
	}
	v := Verifier{salt: salt}
	copy(v.stored[:], keys.StoredKey)
	copy(v.server[:], keys.ServerKey)
	return v, nil
}

// prepared is a user's name as SCRAM compares it (RFC 5802, section 5.1).
func prepared(user string) (string, error) {
	name, err := stringprep.SASLprep.Prepare(user)
	switch {
	case err != nil:
		return "", fmt.Errorf("user %q: the name has characters that RFC 4013 does not allow", user)
	case name == "" || len(name) > maxUserID:
		return "", fmt.Errorf("user %q: the name must have 1 to %d bytes", user, maxUserID)
	}
	return name, nil
}

// mechanism begins a verifier's text.
const mechanism = "SCRAM-SHA-256"

// Text is the verifier in the form PostgreSQL uses:
// SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey, in base64.
func (v Verifier) Text() string {
	b64 := base64.StdEncoding.EncodeToString
	return fmt.Sprintf("%s$%d:%s$%s:%s", mechanism, Iterations, b64([]byte(v.salt)), b64(v.stored[:]), b64(v.server[:]))
}

var errNoVerifier = errors.New("no verifier; make one with signalmesh user add")

// ParseVerifier reads what Text wrote.
func ParseVerifier(text string) (Verifier, error) {
	rest, ok := strings.CutPrefix(text, mechanism+"$")
	factors, keys, ok2 := strings.Cut(rest, "$")
	count, salted, ok3 := strings.Cut(factors, ":")
	stored, server, ok4 := strings.Cut(keys, ":")
	if !ok || !ok2 || !ok3 || !ok4 {
		return Verifier{}, errNoVerifier
	}
	if count != strconv.Itoa(Iterations) {
		return Verifier{}, fmt.Errorf("a verifier of %.20q iterations, this release has %d; make it again with signalmesh user add", count, Iterations)
	}
	var v Verifier
	var salt [sha256.Size]byte
	for _, f := range []struct {
		to   []byte
		text string
	}{{salt[:], salted}, {v.stored[:], stored}, {v.server[:], server}} {
		b, err := base64.StdEncoding.Strict().DecodeString(f.text)
		if err != nil || len(b) != len(f.to) {
			return Verifier{}, errNoVerifier
		}
		copy(f.to, b)
	}
	v.salt = string(salt[:])
	return v, nil
}

func (v Verifier) isZero() bool { return v.salt == "" }

func (v Verifier) equal(o Verifier) bool {
	return subtle.ConstantTimeCompare(v.stored[:], o.stored[:]) == 1
}

func (v Verifier) credentials() scram.StoredCredentials {
	return scram.StoredCredentials{
		KeyFactors: scram.KeyFactors{Salt: v.salt, Iters: Iterations},
		StoredKey:  v.stored[:], ServerKey: v.server[:],
	}
}

// hidden stands for a secret in a text.
const hidden = "[hidden]"

// Format writes the same word for every verb.
func (Verifier) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// LogValue hides the verifier from logs.
func (Verifier) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText hides the verifier from JSON and other encodings.
func (Verifier) MarshalText() ([]byte, error) { return []byte(hidden), nil }
