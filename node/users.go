package node

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/signalmesh/signalmesh/discovery/placeholder"
	"github.com/signalmesh/signalmesh/mesh/admission"
)

const (
	// usersEvery is how often the file of users is looked at.
	usersEvery = 500 * time.Millisecond
	// usersSettle is the least age of a change before the file is read, because the
	// process that writes the file may not have finished.
	usersSettle = 100 * time.Millisecond
)

// ReadUsers reads the users of a cache from a file, as UserLine makes its lines.
func ReadUsers(path, cache string) ([]admission.User, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("users: %w", err)
	}
	defer f.Close() // read only
	users, err := admission.ParseUsers(f, cache)
	if err != nil {
		return nil, fmt.Errorf("users in %s: %w", path, err)
	}
	return users, nil
}

// UserLine is the line of a file of users that lets a user into a cache, for these
// applications, or for all if there are none. It holds no password, only what is
// needed to verify it. Making it takes about 60 ms.
func UserLine(cache, name, password string, applications []string) (string, error) {
	if placeholder.Credentials(name, password) {
		return "", errors.New("user or password is a placeholder of a template or a sample; choose others")
	}
	v, err := admission.NewVerifier(cache, name, password)
	if err != nil {
		return "", err
	}
	if len(applications) == 0 {
		applications = nil
	}
	return admission.User{Name: name, Verifier: v, Applications: applications}.Line()
}

// ReadPassword reads a file that holds a password on its only line.
func ReadPassword(path string) (string, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("password: %w", err)
	}
	password := strings.TrimSuffix(strings.TrimSuffix(string(b), "\n"), "\r")
	if password == "" || strings.ContainsAny(password, "\r\n") {
		return "", fmt.Errorf("password: %s must hold the password, on one line and nothing else", path)
	}
	return password, nil
}

// A usersFile is the file of users while the node runs.
type usersFile struct {
	path, cache string

	mu   sync.Mutex  // guards seen
	seen os.FileInfo // the file at the last read; nil: it did not exist
}

// changed reads the users if the file is another than when it was read last. The
// caller holds mu.
func (f *usersFile) changed() (users []admission.User, changed bool, err error) {
	info, err := os.Stat(f.path)
	if err != nil {
		changed, f.seen = f.seen != nil, nil
		return nil, changed, fmt.Errorf("users: %w", err)
	}
	if f.seen != nil && os.SameFile(info, f.seen) && info.ModTime().Equal(f.seen.ModTime()) && info.Size() == f.seen.Size() {
		return nil, false, nil
	}
	if age := time.Since(info.ModTime()); f.seen != nil && 0 <= age && age < usersSettle {
		return nil, false, nil
	}
	f.seen = info
	users, err = ReadUsers(f.path, f.cache)
	return users, true, err
}

// watchUsers reads the users file again when it changes, until the node closes.
// Connections of removed users are closed. A wrong file changes nothing. openRedis runs
// before watchUsers.
func (n *Node) watchUsers() error {
	if n.settings.usersFile == nil {
		return nil
	}
	ctx, cancel := context.WithCancel(context.Background())
	var watching sync.WaitGroup
	watching.Go(func() { // ends with ctx
		for ticker := time.NewTicker(usersEvery); ; {
			select {
			case <-ticker.C:
				n.rereadUsers()
			case <-ctx.Done():
				ticker.Stop()
				return
			}
		}
	})
	n.opened(func() error {
		cancel()
		watching.Wait()
		return nil
	})
	return nil
}

// rereadUsers admits the users of the file if the file has changed.
func (n *Node) rereadUsers() {
	f := n.settings.usersFile
	f.mu.Lock()
	defer f.mu.Unlock()
	if users, changed, err := f.changed(); changed {
		_ = n.acceptUsers(users, err) // it is logged
	}
}

// reloadUsers admits the users of the file.
func (n *Node) reloadUsers() error {
	f := n.settings.usersFile
	f.mu.Lock()
	defer f.mu.Unlock()
	f.seen = nil
	users, _, err := f.changed()
	return n.acceptUsers(users, err)
}

// acceptUsers admits users, unless reading them failed with err.
func (n *Node) acceptUsers(users []admission.User, err error) error {
	if err == nil {
		err = n.mesh.Accept(users)
	}
	if err != nil {
		n.log.Error("users not read again: those of before are still let in", "err", err)
		return err
	}
	n.users.Store(&users)
	n.log.Info("users read again", "users", len(users))
	for _, a := range n.applications() {
		if a.door != nil {
			a.door.Revoke()
		}
	}
	return nil
}
