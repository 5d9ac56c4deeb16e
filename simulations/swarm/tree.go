package swarm

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
)

// A tree is a scenario file as YAML: maps (yaml.MapSlice), lists ([]any) and scalars. It
// is edited as such, so that what is added to scenario files is shrunk too. A tree is
// not changed; each edit makes another.
type tree struct{ root any }

func parseTree(text []byte) (t tree, err error) {
	err = yaml.UnmarshalWithOptions(text, &t.root, yaml.UseOrderedMap())
	return t, err
}

func (t tree) text() ([]byte, error) { return yaml.Marshal(t.root) }

// An edit makes the i-th smaller tree of one kind. It returns false if there are no more.
type edit func(t tree, i int) (tree, bool)

// edits are the ways to make a scenario smaller, those that remove most first.
var edits = []edit{
	counted(halveLists), counted(dropEntries), counted(dropKeys), counted(halveScalars), counted(roundScalars),
}

// counted makes an edit of a visitor that is called for every value, with a function
// that puts another value in its place.
func counted(visit func(path []string, v any, replace func(any))) edit {
	return func(t tree, wanted int) (made tree, ok bool) {
		i := 0
		var walk func(path []string, v any, put func(any) any)
		walk = func(path []string, v any, put func(any) any) {
			visit(path, v, func(other any) {
				if i == wanted {
					made, ok = tree{put(other)}, true
				}
				i++
			})
			switch v := v.(type) {
			case yaml.MapSlice:
				for j, item := range v {
					walk(append(path, fmt.Sprint(item.Key)), item.Value, func(other any) any {
						copied := slices.Clone(v)
						copied[j].Value = other
						return put(copied)
					})
				}
			case []any:
				for j, entry := range v {
					walk(path, entry, func(other any) any {
						copied := slices.Clone(v)
						copied[j] = other
						return put(copied)
					})
				}
			}
		}
		walk(nil, t.root, func(v any) any { return v })
		return made, ok
	}
}

// halveLists leaves out one half of a list.
func halveLists(_ []string, v any, replace func(any)) {
	if list, ok := v.([]any); ok && len(list) >= 4 {
		replace(slices.Clone(list[:len(list)/2]))
		replace(slices.Clone(list[len(list)/2:]))
	}
}

// dropEntries leaves out one entry of a list.
func dropEntries(_ []string, v any, replace func(any)) {
	if list, ok := v.([]any); ok {
		for i := range list {
			replace(slices.Delete(slices.Clone(list), i, i+1))
		}
	}
}

// dropKeys leaves out a key, so that it has its default.
func dropKeys(path []string, v any, replace func(any)) {
	if m, ok := v.(yaml.MapSlice); ok {
		for i, item := range m {
			if len(path) > 0 || item.Key != "name" && item.Key != "seed" {
				replace(slices.Delete(slices.Clone(m), i, i+1))
			}
		}
	}
}

// halveScalars halves a number or a value with a unit.
func halveScalars(path []string, v any, replace func(any)) {
	if !shrinkable(path) {
		return
	}
	switch v := v.(type) {
	case uint64:
		if v > 1 {
			replace(v / 2)
		}
	case float64:
		if v >= 1 {
			replace(v / 2)
		}
	case string:
		if d, err := time.ParseDuration(v); err == nil && d >= 2*time.Millisecond {
			replace((d / 2).String())
		} else if low, _, two := strings.Cut(v, ".."); two {
			replace(low)
		} else if number, unit := split(v); unit != "" && number > 1 {
			replace(fmt.Sprintf("%.0f%s", number/2, unit))
		}
	}
}

// roundScalars makes a number one less, and a time or rate a round one.
func roundScalars(path []string, v any, replace func(any)) {
	if !shrinkable(path) {
		return
	}
	switch v := v.(type) {
	case uint64:
		if v > 2 {
			replace(v - 1)
		}
	case float64:
		if whole := float64(int(v)); whole >= 1 && whole != v {
			replace(whole)
		}
	case string:
		if d, err := time.ParseDuration(v); err == nil {
			for _, step := range []time.Duration{10 * time.Second, time.Second, 100 * time.Millisecond, 10 * time.Millisecond} {
				if round := d.Truncate(step); round > 0 && round != d {
					replace(round.String())
				}
			}
		}
	}
}

// shrinkable reports whether the value at a path has a size.
func shrinkable(path []string) bool {
	return len(path) > 0 && !slices.Contains([]string{"name", "seed", "do", "region", "between", "groups", "publishers"}, path[len(path)-1])
}

// split returns the number and the unit of a value like "1000B".
func split(v string) (float64, string) {
	i := strings.IndexFunc(v, func(r rune) bool { return r > '9' || r == '%' })
	if i < 0 {
		return 0, ""
	}
	number, err := strconv.ParseFloat(v[:i], 64)
	if err != nil {
		return 0, ""
	}
	return number, v[i:]
}

// withSeed returns the tree with a seed so much higher.
func (t tree) withSeed(by int) tree {
	m, ok := t.root.(yaml.MapSlice)
	if !ok {
		return t
	}
	m = slices.Clone(m)
	for i, item := range m {
		if seed, ok := item.Value.(uint64); ok && item.Key == "seed" {
			m[i].Value = seed + uint64(by)
		}
	}
	return tree{m}
}

// fitted returns the tree with every selector within the servers that there are.
func (t tree) fitted() tree {
	servers := 0
	if m, ok := t.root.(yaml.MapSlice); ok {
		if regions, ok := m.ToMap()["regions"].([]any); ok {
			for _, r := range regions {
				if r, ok := r.(yaml.MapSlice); ok {
					n, _ := r.ToMap()["nodes"].(uint64)
					servers += int(n)
				}
			}
		}
	}
	if servers == 0 {
		return t
	}
	return tree{fit(t.root, "", servers)}
}

// fit cuts the selectors below the key of a value.
func fit(v any, key string, servers int) any {
	switch v := v.(type) {
	case yaml.MapSlice:
		m := slices.Clone(v)
		for i, item := range m {
			m[i].Value = fit(item.Value, fmt.Sprint(item.Key), servers)
		}
		return m
	case []any:
		list := slices.Clone(v)
		for i := range list {
			list[i] = fit(list[i], key, servers)
		}
		return list
	case string:
		if slices.Contains([]string{"nodes", "between", "groups", "publishers"}, key) {
			return fitSelector(v, servers)
		}
	}
	return v
}

// fitSelector leaves out the numbers of a selector above servers.
func fitSelector(selector string, servers int) string {
	var kept []string
	for part := range strings.SplitSeq(selector, "+") {
		from, to, _ := strings.Cut(part, "-")
		low, err := strconv.Atoi(from)
		high, err2 := strconv.Atoi(to)
		switch {
		case err != nil: // a region or all
			kept = append(kept, part)
		case low > servers:
		case err2 == nil && high > servers:
			kept = append(kept, fmt.Sprintf("%d-%d", low, servers))
		default:
			kept = append(kept, part)
		}
	}
	if len(kept) == 0 {
		return strconv.Itoa(servers)
	}
	return strings.Join(kept, "+")
}
