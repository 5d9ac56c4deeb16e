package ncconf

import (
	"errors"
	"fmt"

	"github.com/signalmesh/signalmesh/discovery/diag"
)

// Options say how to read. The zero Options are those of a running node.
type Options struct {
	// Strict turns every warning into an error, for use in CI.
	Strict bool
	// Lenient takes the default, with a warning, for a number that is none. A
	// wrong port stays an error.
	Lenient bool
	// ServersElsewhere says that a cache may list no server, because seeds come
	// from another place or none are wanted.
	ServersElsewhere bool
	// Environment says that environment variables of NCacheConfiguration are read, so
	// that advice may name them.
	Environment bool
}

// A File is a client.ncconf that was read.
type File struct {
	// Name is the file's name as it was given.
	Name string

	options Options
	node    Settings
	caches  []*element // with an id, the first of each name
	unnamed []*element
	failed  bool // an error was reported
}

// Parse reads a document. name is what problems call it. The problems are those
// that matter whichever cache is wanted; those inside the caches come from
// [File.Cache]. The File is nil if there is nothing to select from; with errors of
// a lesser kind it is there, so that Cache can tell the rest of what is wrong, but
// gives no cache away.
//
// data is not kept and not changed.
func Parse(name string, data []byte, o Options) (*File, diag.Problems) {
	f, r := parse(name, data, o)
	return f, r.Problems()
}

func parse(name string, data []byte, o Options) (*File, *report) {
	r := newReport(name, o)
	f := &File{Name: name, options: o}
	root := open(data, r)
	if root == nil || !f.read(root, r) {
		return nil, r
	}
	f.failed = r.Failed()
	return f, r
}

// open bounds, decodes and walks data.
func open(data []byte, r *report) *element {
	whole := diag.Origin{Source: r.file}
	if len(data) > MaxFileSize {
		r.error(whole, "", fmt.Sprintf("the file is larger than %d bytes", MaxFileSize))
		return nil
	}
	text, note, err := toUTF8(data)
	var ee *encodingError
	if errors.As(err, &ee) {
		r.error(lineOf(r.file, data, ee.offset), "", ee.Error())
		return nil
	}
	if note != "" {
		r.add(diag.Notice, diag.Origin{Source: r.file, Line: 1}, "", "", note)
	}
	return walk(text, r)
}

// lineOf is the line of a byte of a file whose encoding is broken.
func lineOf(file string, data []byte, offset int) diag.Origin {
	line := 1
	for _, c := range data[:offset] {
		if c == '\n' {
			line++
		}
	}
	return diag.Origin{Source: file, Line: line}
}

// read interprets the root and what stands below it. It returns false if this is
// another kind of file.
func (f *File) read(root *element, r *report) bool {
	if root.key != "configuration" {
		wrongRoot(root, r)
		return false
	}
	if root.name != "configuration" {
		r.element(diag.Notice, root, "<%s> is read as <configuration>", shorten(root.name))
	}
	var nodes, clients, caches []*element
	var visit func(e *element)
	visit = func(e *element) {
		r.strayText(e)
		for _, c := range e.children {
			switch c.key {
			case "ncache-server":
				nodes = append(nodes, c)
			case "ncache-client":
				clients = append(clients, c)
			case "cache":
				caches = append(caches, c)
			case "server", "server-end-point", "security":
				r.element(diag.Warning, c, "<%s> outside of a <cache> is ignored", shorten(c.name))
				continue
			default:
				if len(c.children) == 0 {
					r.unknownElement(c, []string{"ncache-server", "ncache-client", "cache"})
					continue
				}
				r.element(diag.Warning, c, "unknown element <%s>; what is inside is read all the same, as NCache does", shorten(c.name))
				visit(c)
				continue
			}
			r.letterCase(c)
		}
	}
	for _, a := range root.attrs {
		r.attribute(diag.Warning, root, a, "unknown attribute %s of <configuration> is ignored", quote(a.name))
	}
	visit(root)
	f.readNodes(nodes, clients, r)
	f.sort(caches, r)
	return true
}

// wrongRoot tells what the document seems to be instead.
func wrongRoot(root *element, r *report) {
	hint := ""
	if root.key == "cache-config" || len(root.all("cache-config")) > 0 {
		hint = "; this looks like the servers' own config.ncconf, but the client's client.ncconf is wanted"
	}
	r.element(diag.Error, root, "the root element is <%s>, expected <configuration>%s", shorten(root.name), hint)
}
