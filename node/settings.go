package node

import (
	"fmt"
	"log/slog"
	"strings"
	"text/tabwriter"
	"time"

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
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "SETTING\tVALUE\tFROM")
	for _, r := range s.Rows {
		fmt.Fprintf(w, "%s\t%s\t%s\n", r.Name, r.Value, r.Origin)
	}
	_ = w.Flush() // a strings.Builder takes everything
	return b.String()
}

func (s *Settings) row(name, value, origin string) {
	if value == "" {
		value = "-"
	}
	s.Rows = append(s.Rows, Setting{Name: name, Value: value, Origin: origin})
}

// CacheName is the name of the mesh.
func (s *Settings) CacheName() string { return s.cache }

// ApplicationID is the name of the application.
func (s *Settings) ApplicationID() string { return s.application }
