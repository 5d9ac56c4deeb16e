package appsettings

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/signalmesh/signalmesh/discovery/diag"
)

// Separator stands between the parts of a key. In the names of environment
// variables it is written as two underscores.
const Separator = ":"

// An Entry is one value of a Config.
type Entry struct {
	// Key is the full key as its source spells it.
	Key string
	// Value is the value as text: "true", "9800", "abc". A JSON null is "".
	Value string
	// Null says that the value is a JSON null, which counts as not set when bound.
	Null   bool
	Origin diag.Origin
}

// Shown is the value as it may be told: a password is hidden.
func (e Entry) Shown() string {
	if isSecret(e.Key) && e.Value != "" {
		return hidden
	}
	return e.Value
}

// isSecret says that the last part of a key names something not to be told.
func isSecret(key string) bool {
	return strings.Contains(strings.ToLower(key[strings.LastIndex(key, Separator)+1:]), "passw")
}

// A Config is a set of values by key, or a section of one. Keys ignore letter
// case. The zero Config is empty.
type Config struct {
	prefix  string           // of this section in lower case, with separator; "" at the root
	path    string           // the section's key as it was asked for
	entries map[string]Entry // by lower-case full key; shared by all sections
	keys    []string         // those of this section, sorted by compareKeys
	sources []string         // what Load looked at
}

// newConfig makes a Config of entries by lower-case key.
func newConfig(entries map[string]Entry, sources []string) *Config {
	c := &Config{entries: entries, sources: sources}
	for k := range entries {
		c.keys = append(c.keys, k)
	}
	slices.SortFunc(c.keys, compareKeys)
	return c
}

// fold is a key without its letter case.
func fold(key string) string { return strings.ToLower(key) }

// compareKeys orders keys part by part as .NET does: numbers by their value and
// before words.
func compareKeys(a, b string) int {
	// Whole parts that both begin with need no second look: keys of one section,
	// which may be many and deep, have most of them in common.
	same := 0
	for same < min(len(a), len(b)) && a[same] == b[same] {
		same++
	}
	shared := strings.LastIndex(a[:same], Separator) + 1
	a, b = a[shared:], b[shared:]
	for {
		partA, restA, moreA := strings.Cut(a, Separator)
		partB, restB, moreB := strings.Cut(b, Separator)
		if d := compareParts(partA, partB); d != 0 {
			return d
		}
		switch {
		case moreA && moreB:
			a, b = restA, restB
		case moreB:
			return -1
		case moreA:
			return 1
		default:
			return 0
		}
	}
}

func compareParts(a, b string) int {
	if a == b {
		return 0
	}
	m, errA := strconv.ParseInt(a, 10, 32)
	n, errB := strconv.ParseInt(b, 10, 32)
	switch {
	case errA == nil && errB == nil:
		return cmp.Or(cmp.Compare(m, n), cmp.Compare(a, b))
	case errA == nil:
		return -1
	case errB == nil:
		return 1
	}
	return cmp.Compare(a, b)
}

// Lookup returns the value of a key of this section.
func (c *Config) Lookup(key string) (Entry, bool) {
	e, ok := c.entries[c.prefix+fold(key)]
	return e, ok
}

// value is the section's own value, if it is a value and not a set of keys.
func (c *Config) value() (Entry, bool) {
	e, ok := c.entries[strings.TrimSuffix(c.prefix, Separator)]
	return e, ok
}

// Section is the part of c below a key. It may be empty.
func (c *Config) Section(key string) *Config {
	s := *c
	s.prefix += fold(key) + Separator
	s.path = c.full(key)
	// Keys are sorted part by part, so those of a section stand together.
	inside := func(k string) bool { return strings.HasPrefix(k, s.prefix) }
	from := slices.IndexFunc(c.keys, inside)
	if from < 0 {
		s.keys = nil
		return &s
	}
	to := slices.IndexFunc(c.keys[from:], func(k string) bool { return !inside(k) })
	if to < 0 {
		to = len(c.keys) - from
	}
	s.keys = c.keys[from : from+to]
	return &s
}

// full is the full key of a key of this section.
func (c *Config) full(key string) string {
	if c.path == "" {
		return key
	}
	return c.path + Separator + key
}

// Entries are the values of this section and below, sorted by key: numbers by
// value and before words.
func (c *Config) Entries() []Entry {
	var out []Entry
	for _, k := range c.keys {
		out = append(out, c.entries[k])
	}
	return out
}

// Children are the next parts of the keys below this section, each once, in lower
// case, sorted as Entries are.
func (c *Config) Children() []string {
	var out []string
	for _, k := range c.keys {
		part, _, _ := strings.Cut(strings.TrimPrefix(k, c.prefix), Separator)
		if len(out) == 0 || out[len(out)-1] != part {
			out = append(out, part)
		}
	}
	return out
}

// isArray says that the section has children and all of them are indices.
func (c *Config) isArray() bool {
	children := c.Children()
	return len(children) > 0 && !slices.ContainsFunc(children, func(s string) bool {
		_, err := strconv.ParseUint(s, 10, 31)
		return err != nil
	})
}

// Sources are the files and other places that Load looked at, with "(not there)"
// behind a file that does not exist.
func (c *Config) Sources() []string { return slices.Clone(c.sources) }
