package node

import (
	"fmt"
	"log/slog"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/multiformats/go-multiaddr"

	"github.com/signalmesh/signalmesh/discovery"
	"github.com/signalmesh/signalmesh/discovery/appsettings"
	"github.com/signalmesh/signalmesh/discovery/diag"
	"github.com/signalmesh/signalmesh/mesh/admission"
)

// A Setting is one value in effect and where it came from.
type Setting struct {
	Name   string `json:"name"`
	Value  string `json:"value"` // "[hidden]" for a secret
	Origin string `json:"origin"`
}

// Settings are what a Node runs with, from all layers.
type Settings struct {
	// Rows are all settings, for people.
	Rows []Setting
	// Problems are warnings and notices about where they came from.
	Problems diag.Problems

	cache, application, user string
	password                 appsettings.Secret
	redisPassword            appsettings.Secret // of the Redis endpoints; empty: passwords of the mesh
	users                    []admission.User   // nil: the user and password of this node
	usersFile                *usersFile         // nil: none
	listen, advertise        []multiaddr.Multiaddr
	name                     string
	seeds                    []discovery.Seed
	listed                   []discovery.Seed // of seeds, the servers that a list names
	policy                   discovery.Policy
	mapping                  discovery.Mapping
	groupTimeout             time.Duration
	drain                    drainPlan
	web                      webSettings
	meshLevel                *slog.Level // of the mesh's own logs; nil: that of the logger
}

// String is a table of the settings.
func (s *Settings) String() string {
	// One long value must not move the last column of all rows out of the terminal.
	const widest = 32
	rows := append([]Setting{{Name: "SETTING", Value: "VALUE", Origin: "FROM"}}, s.Rows...)
	name, value := 0, 0
	for _, r := range rows {
		name = max(name, utf8.RuneCountInString(r.Name))
		if n := utf8.RuneCountInString(r.Value); n <= widest {
			value = max(value, n)
		}
	}
	var b strings.Builder
	for _, r := range rows {
		fmt.Fprintf(&b, "%-*s  %-*s  %s\n", name, r.Name, value, r.Value, r.Origin)
	}
	return b.String()
}

func (s *Settings) row(name, value, origin string) {
	if value == "" {
		value = "-"
	}
	s.Rows = append(s.Rows, Setting{Name: name, Value: value, Origin: origin})
}

// further adds the rows of Options.Further.
func (r *resolver) further() {
	for _, s := range r.o.Further {
		if r.s.originOf(s.Name, "") == "" {
			r.s.row(s.Name, s.Value, s.Origin)
		}
	}
}

// CacheName is the name of the mesh.
func (s *Settings) CacheName() string { return s.cache }

// ApplicationID is the name of the application.
func (s *Settings) ApplicationID() string { return s.application }
