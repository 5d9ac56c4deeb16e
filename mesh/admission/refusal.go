package admission

import (
	"errors"
	"fmt"
	"time"
)

// ErrRefused is what every Refusal is, for errors.Is.
var ErrRefused = errors.New("admission: refused")

// A Reason is why a peer was refused.
type Reason byte

// The reasons. That a user is unknown and that a password is wrong are one and the
// same, so that nobody can find out who the users are.
const (
	WrongVersion     Reason = 1 // of the exchange
	WrongCache       Reason = 2
	WrongCredentials Reason = 3
	TooManyFailures  Reason = 4 // from the peer's address
	WrongApplication Reason = 5 // the user may not speak for it
	Busy             Reason = 6 // too many others are not admitted yet
)

// Reasons are all reasons there are.
var Reasons = []Reason{WrongVersion, WrongCache, WrongCredentials, TooManyFailures, WrongApplication, Busy}

// String is the reason as metrics name it.
func (r Reason) String() string {
	switch r {
	case WrongVersion:
		return "version"
	case WrongCache:
		return "cache"
	case WrongCredentials:
		return "credentials"
	case TooManyFailures:
		return "failures"
	case WrongApplication:
		return "application"
	case Busy:
		return "busy"
	}
	return "unknown"
}

// A Refusal is the error of an exchange that one of the two ended. Its text says
// what is wrong in the words of an operator, and what to do.
type Refusal struct {
	Reason Reason
	ByPeer bool // the peer refused us; otherwise we refused the peer

	// User is who the peer said to be, for our own log and never for the peer. Known
	// tells whether there is such a user.
	User  string
	Known bool

	// Application is the one that User may not speak for.
	Application string
	// Theirs and Ours are the cache names or versions that differ.
	Theirs, Ours string
	// TheyHaveNone and WeHaveNone say which side has no credentials at all.
	TheyHaveNone, WeHaveNone bool
	// Wait is how long to wait after TooManyFailures or Busy.
	Wait time.Duration
}

// Is makes every Refusal an ErrRefused.
func (r *Refusal) Is(target error) bool { return target == ErrRefused }

// Error says who refused whom, why, and what to do.
func (r *Refusal) Error() string {
	if r.ByPeer {
		return "refused us: " + r.Why()
	}
	return "refused: " + r.Why()
}

// Why returns the reason and the remedy, without who refused whom. "It" in the text is
// the peer.
func (r *Refusal) Why() string {
	switch r.Reason {
	case WrongVersion:
		return fmt.Sprintf("it speaks version %s of the admission exchange, this node %s; run the same release of signalmesh on both", r.Theirs, r.Ours)
	case WrongCache:
		return fmt.Sprintf("it serves cache %q, not %q; check the cache name", r.Theirs, r.Ours)
	case TooManyFailures:
		return fmt.Sprintf("too many failed attempts from the same address; wait %v", r.Wait.Round(time.Second))
	case Busy:
		return r.whyBusy()
	case WrongCredentials:
		return r.whyCredentials()
	case WrongApplication:
		if r.ByPeer {
			return fmt.Sprintf("it does not let user %q into application %q; check the users it accepts, and the ApplicationID of this node", r.User, r.Application)
		}
		return fmt.Sprintf("user %q is not let into application %.64q; check the users this node accepts, and the ApplicationID there", r.User, r.Application)
	}
	return "for a reason this release does not know; run the same release of signalmesh on both"
}

func (r *Refusal) whyBusy() string {
	if r.ByPeer {
		return "it has too many connections that are not admitted yet; wait a second. Its log names the addresses that hold them"
	}
	return "too many connections are not admitted yet; the oldest silent ones make room for new ones. Look for hosts that connect to the peers' port without end"
}

func (r *Refusal) whyCredentials() string {
	switch {
	case r.WeHaveNone:
		return "it needs user and password, and this node has none; set UserID and Password"
	case r.TheyHaveNone:
		return "it has no user and password, and this node has; set UserID and Password there too"
	case r.ByPeer:
		return "unknown user or wrong password; check UserID and Password of this node, and the users that one accepts"
	case r.User == "":
		return "it does not know this node's user and password; check UserID and Password on both"
	case r.Known:
		return fmt.Sprintf("wrong password of user %.64q; check Password there, and the users this node accepts", r.User)
	}
	return fmt.Sprintf("unknown user %.64q; check UserID there, and the users this node accepts", r.User)
}

// message is what the peer is told: the version, the reason, and what it may know.
func (r *Refusal) message() message {
	text := []byte{Version, byte(r.Reason)}
	switch {
	case r.Reason == WrongCache:
		text = append(text, r.Ours...)
	case r.Reason == TooManyFailures, r.Reason == Busy:
		text = append(text, byte(min(r.Wait/time.Second+1, 255)))
	case r.Reason == WrongCredentials && r.WeHaveNone:
		text = append(text, 1)
	}
	return message{kindRefusal, text}
}

// parseRefusal takes what the peer says when it refuses g. The text begins alike in
// every version.
func (g *Gate) parseRefusal(text []byte) (*Refusal, error) {
	if len(text) < 2 || len(text) > 2+maxCache {
		return nil, fmt.Errorf("%w: malformed refusal", ErrProtocol)
	}
	r, detail := &Refusal{Reason: Reason(text[1]), ByPeer: true}, text[2:]
	switch {
	case r.Reason == WrongVersion:
		r.Theirs, r.Ours = fmt.Sprint(text[0]), fmt.Sprint(Version)
	case r.Reason == WrongCache:
		r.Theirs, r.Ours = string(detail), g.cache
	case (r.Reason == TooManyFailures || r.Reason == Busy) && len(detail) == 1:
		r.Wait = time.Duration(detail[0]) * time.Second
	case r.Reason == WrongCredentials:
		r.TheyHaveNone, r.WeHaveNone = len(detail) > 0, g.client == nil
	}
	return r, nil
}
