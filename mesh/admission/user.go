package admission

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
)

const (
	maxUsers = 4096
	// maxVerifiers is how many passwords a user may have at once: the old and the new.
	maxVerifiers   = 2
	maxUserApps    = 64
	maxApplication = 255
)

// A User is one who is let in. A user that stands twice in a list has two passwords,
// both valid, so that nodes can change from one to the other without a pause.
type User struct {
	Name string
	// Password or Verifier: one of them.
	Password string
	Verifier Verifier
	// Applications are those whose servers the user may run. Nil means all.
	Applications []string
}

// Format hides the password, for every verb.
func (u User) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "%q %q %s", u.Name, u.Applications, hidden)
}

// LogValue hides the password from logs.
func (u User) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(u)) }

// MarshalText hides the password from JSON and other encodings.
func (u User) MarshalText() ([]byte, error) { return []byte(fmt.Sprint(u)), nil }

// An account is a user with its passwords.
type account struct {
	applications []string // nil: all
	verifiers    []Verifier
}

// accounts are the users by name.
type accounts map[string]*account

// newAccounts makes accounts, or says everything that is wrong with users.
func newAccounts(cache string, users []User) (accounts, error) {
	if len(users) > maxUsers {
		return nil, fmt.Errorf("%d users, limit %d", len(users), maxUsers)
	}
	a := accounts{}
	var errs []error
	for _, u := range users {
		if err := a.add(cache, u); err != nil {
			errs = append(errs, err)
		}
	}
	return a, errors.Join(errs...)
}

func (a accounts) add(cache string, u User) error {
	name, err := prepared(u.Name)
	if err != nil {
		return err
	}
	if err := checkApplications(u.Applications); err != nil {
		return fmt.Errorf("user %q: %w", name, err)
	}
	v, err := u.verifier(cache, name)
	if err != nil {
		return err
	}
	have := a[name]
	switch {
	case have == nil:
		a[name] = &account{applications: u.Applications, verifiers: []Verifier{v}}
		return nil
	case !sameApplications(have.applications, u.Applications):
		return fmt.Errorf("user %q: its entries name different applications; give both the same", name)
	case len(have.verifiers) == maxVerifiers:
		return fmt.Errorf("user %q: more than %d passwords; remove the oldest", name, maxVerifiers)
	}
	have.verifiers = append(have.verifiers, v)
	return nil
}

// verifier is the user's, once it is certain that it fits.
func (u User) verifier(cache, name string) (Verifier, error) {
	switch {
	case u.Verifier.isZero():
		return NewVerifier(cache, name, u.Password)
	case u.Password != "":
		return Verifier{}, fmt.Errorf("user %q: a password and a verifier; give one of them", name)
	case u.Verifier.salt != salt(cache, name):
		return Verifier{}, fmt.Errorf("user %q: its verifier was made for another cache or user name; make it again with signalmesh user add --cache %s", name, cache)
	}
	return u.Verifier, nil
}

func checkApplications(list []string) error {
	if list != nil && len(list) == 0 {
		return errors.New("no application; name some, or nil for all")
	}
	if len(list) > maxUserApps {
		return fmt.Errorf("%d applications, limit %d", len(list), maxUserApps)
	}
	for _, app := range list {
		if app == "" || len(app) > maxApplication {
			return fmt.Errorf("application %.64q: the name must have 1 to %d bytes", app, maxApplication)
		}
	}
	return nil
}

func sameApplications(a, b []string) bool {
	return (a == nil) == (b == nil) && slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// An Admitted is a peer that has proven itself, and what it may do.
type Admitted struct {
	User         string   // empty: nobody here has credentials
	Applications []string // nil: all

	verifier Verifier // by which it was admitted
}

// Allows tells whether the peer may speak for an application.
func (a Admitted) Allows(application string) bool {
	return a.Applications == nil || slices.Contains(a.Applications, application)
}

// fold is a cache name as it is compared: letter case does not matter.
func fold(cache string) string { return strings.ToLower(cache) }
