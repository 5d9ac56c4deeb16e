package ncconf

import (
	"fmt"
	"slices"
	"strings"

	"github.com/signalmesh/signalmesh/discovery/diag"
)

// sort parts the caches into those with an id and those without, and leaves out
// the repeats.
func (f *File) sort(caches []*element, r *report) {
	first := map[string]*element{}
	for _, e := range caches {
		id := cacheID(e)
		if id == "" {
			f.unnamed = append(f.unnamed, e)
			continue
		}
		key := strings.ToLower(id)
		if first[key] == nil {
			first[key] = e
			f.caches = append(f.caches, e)
			continue
		}
		repeat(first[key], e, r)
	}
}

// repeat reports a cache whose name was there before.
func repeat(first, e *element, r *report) {
	if first.same(e) {
		r.element(diag.Notice, e, "%s repeats line %d word for word; ignored", tagOf(e), first.at.Line)
		return
	}
	var names []string
	for _, s := range e.all("server") {
		if a := s.attr("name"); a != nil {
			names = append(names, quote(a.value))
		}
	}
	r.element(diag.Warning, e, "%s is ignored, because the one in line %d counts; servers dropped: %s",
		tagOf(e), first.at.Line, list(names))
}

// cacheID is the id of a cache, or "".
func cacheID(e *element) string {
	if a := e.attr("id"); a != nil {
		return strings.TrimSpace(a.value)
	}
	return ""
}

// IDs are the names of the caches in the file, in its order and spelling.
func (f *File) IDs() []string {
	out := make([]string, len(f.caches))
	for i, e := range f.caches {
		out[i] = cacheID(e)
	}
	return out
}

// has says that a cache of that name is in the file, ignoring letter case.
func (f *File) has(id string) bool {
	return slices.ContainsFunc(f.IDs(), func(s string) bool { return strings.EqualFold(s, id) })
}

// list joins names, at most ten of them.
func list(names []string) string {
	const most = 10
	switch {
	case len(names) == 0:
		return "none"
	case len(names) > most:
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}
