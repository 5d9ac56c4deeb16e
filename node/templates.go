package node

import (
	"fmt"
	"net/url"
	"strconv"

	"github.com/signalmesh/signalmesh/discovery/placeholder"
)

// templates refuses names and credentials that were copied from a template. With such
// a password, everyone who knows the template would be admitted.
func (r *resolver) templates() {
	s := r.s
	for _, name := range []struct{ setting, value, remedy string }{
		{"cache", s.cache, "set CacheName, or --cache"},
		{"app", s.application, "set ApplicationID, or --app"},
		{"user", s.user, "set UserID, or remove UserID and Password if the mesh has no password"},
		{"password", string(s.password), "set Password, or remove UserID and Password if the mesh has no password"},
		{"name", r.o.Name, "set --name, or leave it out"},
	} {
		if placeholder.Is(name.value) {
			shown := strconv.Quote(name.value)
			if name.setting == "password" {
				shown = "the value"
			}
			r.fail(fmt.Errorf("%s (%s): %s is a placeholder: the template was never filled in; %s", name.setting, s.originOf(name.setting, r.o.origin(name.setting)), shown, name.remedy))
		}
	}
	if !placeholder.Is(s.user) && !placeholder.Is(string(s.password)) && placeholder.Credentials(s.user, string(s.password)) {
		r.fail(fmt.Errorf("password (%s): user and password are those of NCache's samples, which everyone knows; set others, or remove UserID and Password if the mesh has no password", s.originOf("password", "options")))
	}
}

// bridgeTemplate refuses credentials of the old Redis that were copied from a template.
func (r *resolver) bridgeTemplate(origin string) {
	u, err := url.Parse(r.o.RedisBridge)
	if err != nil || u.User == nil {
		return
	}
	if password, _ := u.User.Password(); placeholder.Credentials(u.User.Username(), password) {
		r.fail(fmt.Errorf("redis-bridge (%s): user or password is a placeholder: the template was never filled in; write those of that Redis, or leave them out", origin))
	}
}

// originOf returns the origin of the last row of a setting, or another if it has none.
func (s *Settings) originOf(name, other string) string {
	for _, r := range s.Rows {
		if r.Name == name {
			other = r.Origin
		}
	}
	return other
}
