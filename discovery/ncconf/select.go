package ncconf

import (
	"strings"

	"github.com/signalmesh/signalmesh/discovery/diag"
	"github.com/signalmesh/signalmesh/discovery/similar"
)

// Cache selects a cache by its name, ignoring letter case. The problems are those
// inside this cache, and as warnings those inside the others. The Cache is nil if
// one of them, or one of those that came with the File, is an error.
func (f *File) Cache(id string) (*Cache, diag.Problems) {
	out := newReport(f.Name, f.options)
	f.withoutID(out)
	var found *Cache
	for _, e := range f.caches {
		if strings.EqualFold(cacheID(e), id) {
			own := newReport(f.Name, f.options)
			found = readCache(own, e, f.options, f.node)
			own.into(out, diag.Error)
			continue
		}
		// A cache that nobody asked for cannot do harm, nor need it be complete.
		own := newReport(f.Name, Options{})
		readCache(own, e, f.options, f.node)
		own.into(out, diag.Warning)
	}
	if found == nil {
		f.unknown(out, id)
	}
	if f.failed || out.Failed() {
		return nil, out.Problems()
	}
	return found, out.Problems()
}

// into hands the problems of a cache on, none graver than most. What is merely
// worth a notice elsewhere is not worth a word about a cache that is not wanted.
func (r *report) into(out *report, most diag.Severity) {
	for _, p := range r.Problems() {
		if most == diag.Warning && p.Severity == diag.Notice {
			continue
		}
		p.Severity = min(p.Severity, most)
		out.Add(p)
	}
}

// withoutID reports caches without an id: an error if there is nothing else to
// choose from. It is never guessed that such a cache is the one meant.
func (f *File) withoutID(r *report) {
	severity := diag.Warning
	if len(f.caches) == 0 {
		severity = diag.Error
	}
	for _, e := range f.unnamed {
		r.element(severity, e, `<cache> has no id and is ignored; write <cache id="…">`)
	}
}

// unknown reports that the wanted cache is not in the file.
func (f *File) unknown(r *report, id string) {
	whole := diag.Origin{Source: f.Name}
	ids := similar.Sort(f.IDs(), id)
	for i := range ids {
		ids[i] = quote(ids[i])
	}
	switch {
	case id == "":
		r.error(whole, "configuration", "no cache id was given; the file has "+list(ids))
	case len(ids) == 0:
		r.error(whole, "configuration", "no cache "+quote(id)+"; the file names no cache at all; add <cache id="+quote(id)+"> with a <server>")
	case len(ids) == 1:
		r.error(whole, "configuration", "no cache "+quote(id)+"; the only one in the file is "+ids[0])
	default:
		r.error(whole, "configuration", "no cache "+quote(id)+"; the file has "+list(ids))
	}
}
