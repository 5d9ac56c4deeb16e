package ncconf

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"sort"
	"strings"

	"github.com/signalmesh/signalmesh/discovery/diag"
)

// A walker turns the tokens of a document into elements, with limits checked as
// the tokens come. It uses no struct tags: they would lose every name that is not
// spelt as expected without a word.
type walker struct {
	report *report
	text   []byte
	lines  []int // offset of each line's first byte
	open   []*element
	root   *element
	caches int
}

// errStop ends the walk after a problem that was reported.
var errStop = errors.New("reported")

// walk reads the whole document. The result is nil after an error that leaves
// nothing to go on with.
func walk(text []byte, r *report) *element {
	w := &walker{report: r, text: text, lines: []int{0}}
	for i, c := range text {
		if c == '\n' {
			w.lines = append(w.lines, i+1)
		}
	}
	d := xml.NewDecoder(bytes.NewReader(text))
	// The text is UTF-8 by now, whatever it declares.
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	for {
		start := int(d.InputOffset())
		t, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			w.syntax(err, start, int(d.InputOffset()))
			return nil
		}
		if w.token(t, start, int(d.InputOffset())) != nil {
			return nil
		}
	}
	if w.root == nil {
		r.truncated = true
		r.error(diag.Origin{Source: r.file}, "", "the file is empty; expected <configuration>")
	}
	return w.root
}

// at is the place of the byte at offset.
func (w *walker) at(offset int) diag.Origin {
	line := sort.SearchInts(w.lines, offset+1)
	return diag.Origin{Source: w.report.file, Line: line, Column: offset - w.lines[line-1] + 1}
}

// lineAt is the place of the line that offset is in.
func (w *walker) lineAt(offset int) diag.Origin {
	o := w.at(offset)
	o.Column = 0
	return o
}

func (w *walker) token(t xml.Token, start, end int) error {
	switch t := t.(type) {
	case xml.Directive:
		return w.stop(start, "a <!DOCTYPE> or other declaration is refused: client.ncconf never has one; delete it")
	case xml.StartElement:
		return w.start(t, start, end)
	case xml.EndElement:
		w.open = w.open[:len(w.open)-1]
	case xml.CharData:
		n := skip(t, isBlank)
		if n == len(t) {
			return nil
		}
		// A CDATA section's text begins later than its token; the line is right
		// for what matters.
		at := w.lineAt(min(start+n, end-1))
		if len(w.open) == 0 {
			return w.stopAt(at, "text outside the root element; delete it")
		}
		if e := w.open[len(w.open)-1]; e.text == (diag.Origin{}) {
			e.text = at
		}
	}
	return nil
}

func (w *walker) stop(offset int, message string) error { return w.stopAt(w.lineAt(offset), message) }

func (w *walker) stopAt(at diag.Origin, message string) error {
	w.report.error(at, w.path(), message)
	return errStop
}

func (w *walker) path() string {
	if len(w.open) == 0 {
		return ""
	}
	return w.open[len(w.open)-1].path
}

// start opens an element after checking that it may be there at all.
func (w *walker) start(t xml.StartElement, start, end int) error {
	if len(w.open) == 0 && w.root != nil {
		return w.stop(start, fmt.Sprintf("a second root element <%s>; a file has one <configuration>", shorten(t.Name.Local)))
	}
	if len(w.open) == MaxDepth {
		return w.stop(start, fmt.Sprintf("elements are nested deeper than %d", MaxDepth))
	}
	e := &element{name: t.Name.Local, key: strings.ToLower(t.Name.Local), at: w.lineAt(start)}
	if err := w.attributes(e, t.Attr, start, end); err != nil {
		return err
	}
	e.path = e.key
	if id := e.attr("id"); id != nil && e.key == "cache" {
		e.path = fmt.Sprintf("cache[%s]", shorten(id.value))
	}
	if len(w.open) == 0 {
		w.root = e
	} else {
		parent := w.open[len(w.open)-1]
		e.path = shorten(parent.path) + "/" + shorten(e.path)
		parent.children = append(parent.children, e)
		if err := w.count(parent, e, start); err != nil {
			return err
		}
	}
	w.open = append(w.open, e)
	return nil
}

// count holds the file to the limits on caches and servers.
func (w *walker) count(parent, e *element, start int) error {
	switch e.key {
	case "cache":
		if w.caches++; w.caches > MaxCaches {
			return w.stop(start, fmt.Sprintf("more than %d <cache> elements", MaxCaches))
		}
	case "server":
		if parent.servers++; parent.servers > MaxServers {
			return w.stop(start, fmt.Sprintf("more than %d <server> elements in one <%s>", MaxServers, shorten(parent.name)))
		}
	}
	return nil
}

// attributes gives e its attributes with their places.
func (w *walker) attributes(e *element, attrs []xml.Attr, start, end int) error {
	if len(attrs) > MaxAttributes {
		return w.stop(start, fmt.Sprintf("more than %d attributes in <%s>", MaxAttributes, shorten(e.name)))
	}
	places := marks(w.text[start:end])
	seen := make(map[string]*attribute, len(attrs))
	for i, x := range attrs {
		if len(x.Value) > MaxValueSize {
			return w.stop(start, fmt.Sprintf("the value of %s is longer than %d bytes", quote(x.Name.Local), MaxValueSize))
		}
		if x.Name.Space == "xmlns" || x.Name.Local == "xmlns" {
			continue
		}
		a := &attribute{name: x.Name.Local, key: strings.ToLower(x.Name.Local), value: x.Value, at: e.at}
		a.secret = secret(e, a.key)
		if len(places) == len(attrs) {
			a.at, a.glued = w.at(start+places[i].offset), places[i].glued
		}
		if first := seen[a.key]; first != nil {
			w.report.add(diag.Error, a.at, e.path, a.name, fmt.Sprintf("<%s> has %s twice: %s and %s; keep one",
				shorten(e.name), shorten(a.name), first.shown(), a.shown()))
			continue
		}
		seen[a.key] = a
		if a.glued {
			w.report.add(diag.Warning, a.at, e.path, a.name, fmt.Sprintf(
				"no blank before attribute %s; NCache refuses the whole file", quote(a.name)))
		}
		e.attrs = append(e.attrs, a)
	}
	e.attrs = slices.Clip(e.attrs)
	return nil
}
