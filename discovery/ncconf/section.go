package ncconf

import (
	"slices"
	"strings"

	"github.com/signalmesh/signalmesh/discovery/diag"
	"github.com/signalmesh/signalmesh/discovery/similar"
)

// A section reads the attributes of one element and, at the end, tells which
// were not asked for. What a reader asks for is what the schema knows, so the two
// cannot drift apart.
type section struct {
	*report
	e       *element
	lenient bool
	known   []string
	used    map[*attribute]bool
}

func newSection(r *report, e *element, o Options) *section {
	return &section{report: r, e: e, lenient: o.Lenient, used: map[*attribute]bool{}}
}

// take returns the attribute of that name, or nil. Variants are other spellings
// seen in the wild; they are accepted with a notice.
func (s *section) take(name string, variants ...string) *attribute {
	s.known = append(s.known, name)
	a := s.e.attr(name)
	for _, v := range variants {
		b := s.e.attr(v)
		if b == nil {
			continue
		}
		s.used[b] = true
		if a == nil {
			s.attribute(diag.Notice, s.e, b, "%s is read as %s", quote(b.name), quote(name))
			return b
		}
		s.attribute(diag.Warning, s.e, b, "%s is ignored, because %s is there too", quote(b.name), quote(name))
	}
	if a == nil {
		return nil
	}
	s.used[a] = true
	if a.name != name {
		s.attribute(diag.Notice, s.e, a, "%s is read as %s; NCache's client does not ignore letter case", quote(a.name), quote(name))
	}
	return a
}

// unused takes attributes that have no meaning in a mesh. It returns those that
// are set to something else than what NCache would do anyway.
func (s *section) unused(defaults map[string]string) []*attribute {
	var set []*attribute
	for name := range defaults {
		s.known = append(s.known, name)
	}
	slices.Sort(s.known)
	for _, a := range s.e.attrs {
		d, ok := defaults[a.key]
		if !ok {
			continue
		}
		s.used[a] = true
		if v := strings.TrimSpace(a.value); v != "" && !strings.EqualFold(v, d) {
			set = append(set, a)
		}
	}
	return set
}

// done reports what nobody asked for: attributes, children and text. children
// are the lower-case names of the elements that belong here.
func (s *section) done(children ...string) {
	for _, a := range s.e.attrs {
		if s.used[a] {
			continue
		}
		s.attribute(diag.Warning, s.e, a, "unknown attribute %s of <%s> is ignored%s",
			quote(a.name), shorten(s.e.name), didYouMean(a.name, s.known))
	}
	for _, c := range s.e.children {
		if !slices.Contains(children, c.key) {
			s.unknownElement(c, children)
			continue
		}
		s.letterCase(c)
	}
	s.strayText(s.e)
}

// strayText reports text where only elements belong.
func (r *report) strayText(e *element) {
	if e.text != (diag.Origin{}) {
		r.add(diag.Warning, e.text, e.path, "", "text inside <"+shorten(e.name)+"> is ignored")
	}
}

func (r *report) unknownElement(e *element, known []string) {
	r.element(diag.Warning, e, "unknown element <%s> is ignored%s", shorten(e.name), didYouMean(e.name, known))
}

// letterCase reports an element whose name is right but for its letter case.
func (r *report) letterCase(e *element) {
	if e.name != e.key {
		r.element(diag.Notice, e, "<%s> is read as <%s>; NCache's client does not ignore letter case", shorten(e.name), e.key)
	}
}

func didYouMean(name string, known []string) string {
	if k := similar.Closest(name, known); k != "" {
		return "; did you mean " + quote(k) + "?"
	}
	return ""
}
