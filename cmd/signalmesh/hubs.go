package main

import (
	"cmp"
	"fmt"
	"os"
	"regexp"
	"strings"

	"github.com/signalmesh/signalmesh/node"
	"github.com/signalmesh/signalmesh/node/chat"
)

// hubName is the path of a hub without its first slash.
var hubName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*$`)

// chatHubs mounts the chat hub at the paths of --hub.
func (f *nodeFlags) chatHubs(o *node.Options) error {
	server := cmp.Or(o.Name, hostName())
	for i, hub := range f.hubs {
		name, full, _ := strings.Cut(strings.TrimPrefix(hub, "/"), "=")
		if !hubName.MatchString(name) {
			return usageError{fmt.Errorf("--hub %q: a hub's name is letters, digits, dots, dashes and underscores, such as \"chat\", or several of these with slashes between them, such as \"app/chat\"", name)}
		}
		for _, other := range f.hubs[:i] {
			if other, _, _ = strings.Cut(strings.TrimPrefix(other, "/"), "="); strings.EqualFold(other, name) {
				return usageError{fmt.Errorf("--hub %s is given twice; letter case does not count in the names of hubs, remove one of them", name)}
			}
		}
		mounted := chat.Mount("/"+name, server)
		mounted.StatefulReconnect = f.stateful
		mounted.Name = cmp.Or(full, mounted.Name)
		o.Hubs = append(o.Hubs, mounted)
	}
	return nil
}

// hostName returns the name of this machine, as people know it.
func hostName() string {
	if name, err := os.Hostname(); err == nil && name != "" {
		return name
	}
	return "localhost"
}
