package ncconf

import (
	"fmt"
	"io"
	"log/slog"

	"github.com/signalmesh/signalmesh/discovery/diag"
)

// Credentials are what <security><primary> holds. However they are formatted or
// logged, only that they are set is told; read the fields to use them.
type Credentials struct {
	UserID   string
	Password string
	Origin   diag.Origin
}

// hidden stands for a secret in a text.
const hidden = "[hidden]"

// Format writes the same word for every verb.
func (Credentials) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// LogValue hides the credentials from logs.
func (Credentials) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText hides the credentials from JSON and other encodings.
func (Credentials) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// readSecurity reads the legacy credentials; nil if there are none.
func readSecurity(r *report, cache *element, o Options) *Credentials {
	var out *Credentials
	for _, group := range cache.all("security") {
		g := newSection(r, group, o)
		for _, e := range group.children {
			switch e.key {
			case "primary":
				if c := readPrimary(r, e, o); out == nil {
					out = c
				}
			case "secondary":
				r.element(diag.Notice, e, "<secondary> credentials have no meaning in a mesh; ignored")
			}
		}
		g.done("primary", "secondary")
		if out != nil {
			remedy := "give it in another way"
			if o.Environment {
				remedy = "set NCacheConfiguration__UserID and NCacheConfiguration__Password in the environment instead"
			}
			r.element(diag.Warning, group, "<security> keeps a password in clear text; %s", remedy)
		}
	}
	return out
}

func readPrimary(r *report, e *element, o Options) *Credentials {
	s := newSection(r, e, o)
	c := &Credentials{UserID: s.word(s.take("user-id")).Value, Origin: e.at}
	if a := s.take("password"); a != nil {
		c.Password = a.value
	}
	s.done()
	if *c == (Credentials{Origin: e.at}) {
		return nil
	}
	return c
}
