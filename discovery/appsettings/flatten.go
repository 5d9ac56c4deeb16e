package appsettings

import (
	"strconv"
	"strings"

	"github.com/tailscale/hujson"

	"github.com/signalmesh/signalmesh/discovery/diag"
)

// object flattens the members of an object. prefix is the full key above them as
// it is spelt, with its separator.
func (f *jsonFile) object(o *hujson.Object, prefix string) {
	seen := map[string]int{}
	for _, m := range o.Members {
		name := m.Name.Value.(hujson.Literal).String()
		at := f.at(m.Name.StartOffset)
		_, leaf := m.Value.Value.(hujson.Literal)
		if first, twice := seen[fold(name)]; twice && !leaf {
			f.Add(diag.Problem{Severity: diag.Warning, At: at, Path: prefix + name,
				Message: "section " + quote(prefix+name) + " is continued from line " + strconv.Itoa(first) + "; keep it in one place"})
		}
		seen[fold(name)] = at.Line
		f.value(m.Value, prefix+name, at)
	}
}

// value flattens one value below its full key. at is where its key stands, or the
// value itself in an array.
func (f *jsonFile) value(v hujson.Value, key string, at diag.Origin) {
	if len(key) > MaxKeySize {
		f.error(at, "", "a key is longer than %d bytes", MaxKeySize)
		return
	}
	switch t := v.Value.(type) {
	case *hujson.Object:
		f.object(t, key+Separator)
	case *hujson.Array:
		for i, e := range t.Elements {
			f.value(e, key+Separator+strconv.Itoa(i), f.at(e.StartOffset))
		}
	case hujson.Literal:
		f.leaf(t, key, at)
	}
}

func (f *jsonFile) leaf(l hujson.Literal, key string, at diag.Origin) {
	if first, twice := f.entries[fold(key)]; twice {
		f.error(at, key, "key %s stands in line %d already; letter case does not tell keys apart; keep one", quote(key), first.Origin.Line)
		return
	}
	if len(f.entries) == MaxEntries {
		if !f.full {
			f.error(at, key, "the file has more than %d values", MaxEntries)
		}
		f.full = true
		return
	}
	e := Entry{Key: key, Value: l.String(), Origin: at}
	if l.Kind() == 'n' {
		e.Value, e.Null = "", true
	}
	f.entries[fold(key)] = e
}

// quote is a key or value as it goes into a message.
func quote(s string) string {
	const limit = 100
	if len(s) > limit {
		s = strings.ToValidUTF8(s[:limit], "") + "…"
	}
	return strconv.Quote(s)
}
