package node

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Reload reads the files of settings again. It applies what can change while the node
// runs, which is the file of users, and logs what it applied and which other settings
// differ now and need a restart. If a file is wrong nothing changes, and the error
// says why; it is logged, too.
func (n *Node) Reload() error {
	fresh, err := Resolve(n.o)
	if err != nil {
		n.log.Error("settings not reloaded: the node keeps the present ones", "err", err)
		return fmt.Errorf("reload settings: %w", err)
	}
	reloaded := "none"
	if n.settings.usersFile != nil {
		if err := n.reloadUsers(); err != nil {
			return fmt.Errorf("reload settings: %w", err)
		}
		reloaded = "users"
	}
	if differ := n.settings.differ(fresh); len(differ) > 0 {
		n.log.Warn("settings reloaded; others that have changed need a restart", "reloaded", reloaded, "need_restart", strings.Join(differ, ", "))
		return nil
	}
	n.log.Info("settings reloaded; no other has changed", "reloaded", reloaded)
	return nil
}

// differ returns the names of settings whose values are others in t.
func (s *Settings) differ(t *Settings) []string {
	before, after := s.values(), t.values()
	var names []string
	for name := range after {
		if _, ok := before[name]; !ok {
			names = append(names, name)
		}
	}
	for name, values := range before {
		if !slices.Equal(values, after[name]) {
			names = append(names, name)
		}
	}
	if s.password != t.password { // hidden in the rows
		names = append(names, "password")
	}
	if !reflect.DeepEqual(s.policy, t.policy) || !reflect.DeepEqual(s.mapping, t.mapping) ||
		!reflect.DeepEqual(s.meshLevel, t.meshLevel) || s.groupTimeout != t.groupTimeout { // they have no row
		names = append(names, "ncconf")
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// values returns the values of each setting, sorted: seeds may be in random order.
func (s *Settings) values() map[string][]string {
	values := map[string][]string{}
	for _, r := range s.Rows {
		values[r.Name] = append(values[r.Name], r.Value)
	}
	for _, v := range values {
		slices.Sort(v)
	}
	return values
}
