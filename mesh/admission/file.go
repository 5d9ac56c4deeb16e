package admission

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
)

// MaxFile bounds a file of users, in bytes.
const MaxFile = 4 << 20

// allApplications stands in a file for no limit.
const allApplications = "*"

// Line is the user as a line of a file: its name, its applications separated by
// commas, or * for all, and its verifier. Characters that would be taken for others
// are escaped as in a URL. Only a user with a Verifier has a line.
func (u User) Line() (string, error) {
	name, err := prepared(u.Name)
	if err != nil {
		return "", err
	}
	if err := checkApplications(u.Applications); err != nil {
		return "", fmt.Errorf("user %q: %w", name, err)
	}
	if u.Verifier.isZero() {
		return "", fmt.Errorf("user %q: %w", name, errNoVerifier)
	}
	applications := allApplications
	if u.Applications != nil {
		var list []string
		for _, app := range u.Applications {
			list = append(list, url.PathEscape(app))
		}
		applications = strings.Join(list, ",")
	}
	return url.PathEscape(name) + " " + applications + " " + u.Verifier.Text(), nil
}

// ParseUsers reads the users of a cache from a file with a line for each, as Line
// makes them. Empty lines, and lines that begin with #, say nothing. The error names
// every line that is wrong. No users at all are an error, too: nobody could join.
func ParseUsers(r io.Reader, cache string) ([]User, error) {
	lines := bufio.NewScanner(io.LimitReader(r, MaxFile+1))
	var users []User
	var errs []error
	have, size := accounts{}, 0
	for number := 1; lines.Scan(); number++ {
		if size += len(lines.Bytes()) + 1; size > MaxFile {
			return nil, fmt.Errorf("longer than %d bytes", MaxFile)
		}
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		u, err := parseUser(line)
		if err == nil {
			err = have.add(fold(cache), u)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("line %d: %w", number, err))
			continue
		}
		users = append(users, u)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read users: %w", err)
	}
	switch {
	case len(errs) > 0:
		return nil, errors.Join(errs[:min(len(errs), 20)]...)
	case len(users) == 0:
		return nil, errors.New("no user; add one with signalmesh user add")
	case len(users) > maxUsers:
		return nil, fmt.Errorf("%d users, limit %d", len(users), maxUsers)
	}
	return users, nil
}

func parseUser(line string) (User, error) {
	fields := strings.Fields(line)
	if len(fields) != 3 {
		return User{}, fmt.Errorf("%d fields instead of 3: name, applications, verifier; make the line with signalmesh user add", len(fields))
	}
	name, err := url.PathUnescape(fields[0])
	if err != nil {
		return User{}, fmt.Errorf("user %.64q: %w", fields[0], err)
	}
	u := User{Name: name}
	if fields[1] != allApplications {
		for _, escaped := range strings.Split(fields[1], ",") {
			app, err := url.PathUnescape(escaped)
			if err != nil {
				return User{}, fmt.Errorf("application %.64q: %w", escaped, err)
			}
			if slices.Contains(u.Applications, app) {
				return User{}, fmt.Errorf("application %.64q stands twice", app)
			}
			u.Applications = append(u.Applications, app)
		}
	}
	if u.Verifier, err = ParseVerifier(fields[2]); err != nil {
		return User{}, fmt.Errorf("user %.64q: %w", name, err)
	}
	return u, nil
}
