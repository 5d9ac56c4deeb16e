package scenario

import (
	"encoding"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// A shape holds a file against the types it is going to be read into. The YAML library
// would do that too, but it tells the first fault only, in words of Go, and takes 4.5 for 4.
type shape struct {
	file string
	errs []error // the first ones, with their lines
}

func (c *shape) wrong(n ast.Node, path, format string, args ...any) {
	if len(c.errs) < maxErrors {
		c.errs = append(c.errs, fmt.Errorf("%s:%d: %w", c.file, first(n).GetToken().Position.Line, FieldError{path, fmt.Sprintf(format, args...)}))
	}
}

// node checks that n can be a t. Nothing, "key:", stands for the default of any type.
func (c *shape) node(path string, n ast.Node, t reflect.Type) {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch n := n.(type) {
	case *ast.AnchorNode:
		c.node(path, n.Value, t)
		return
	case *ast.TagNode:
		c.wrong(n, path, "a scenario file takes no tags; take %s out", n.GetToken().Value)
		return
	case *ast.NullNode:
		return
	}
	switch {
	case reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()):
		c.text(path, n, t)
	case t.Kind() == reflect.Struct:
		c.mapping(path, n, t)
	case t.Kind() == reflect.Slice:
		c.list(path, n, t)
	default:
		c.scalar(path, n, t)
	}
}

// text checks a value with a unit, by reading it.
func (c *shape) text(path string, n ast.Node, t reflect.Type) {
	if !scalar(n) {
		c.wrong(n, path, "one value belongs here, not a list or keys; write it behind the colon")
		return
	}
	v := reflect.New(t)
	if err := v.Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(n.GetToken().Value)); err != nil {
		c.wrong(n, path, "%v", err)
		return
	}
	c.zero(path, n, v.Elem())
}

// zero refuses a zero that would be taken for something not written.
func (c *shape) zero(path string, n ast.Node, v reflect.Value) {
	if key := path[strings.LastIndexByte(path, '.')+1:]; v.IsZero() && slices.Contains(defaulted, key) {
		c.wrong(n, path, "%s would count as not written, and the default be taken; write more than 0", n.GetToken().Value)
	}
}

// defaulted are the keys of which Complete replaces 0.
var defaulted = []string{
	"duration", "warmup", "drain", "late_after", "clients", "servers", "members", "skew", "burst", "degree", "direct", "replay_age", "replay_bytes",
	"backlog", "suspect_after", "gone_after", "down", "every", "p99", "delivered", "detect", "heal", "bytes", "utilisation",
}

func (c *shape) mapping(path string, n ast.Node, t reflect.Type) {
	var entries []*ast.MappingValueNode
	switch n := n.(type) {
	case *ast.MappingNode:
		entries = n.Values
	case *ast.MappingValueNode:
		entries = []*ast.MappingValueNode{n}
	default:
		c.wrong(n, path, "keys belong here, not %s; write {%s: …}", kindOf(n), keysOf(t)[0].name)
		return
	}
	keys := keysOf(t)
	for _, e := range entries {
		name := e.Key.GetToken().Value
		i := slices.IndexFunc(keys, func(k typedKey) bool { return k.name == name })
		if i < 0 {
			c.wrong(e, path, "there is no key %.64q here; %s", name, suggest(name, keys))
			continue
		}
		c.node(path+"."+name, e.Value, keys[i].typ)
	}
}

func (c *shape) list(path string, n ast.Node, t reflect.Type) {
	s, ok := n.(*ast.SequenceNode)
	if !ok {
		c.wrong(n, path, "a list belongs here, not %s; write [ ] around it, or a line for each entry that begins with \"- \"", kindOf(n))
		return
	}
	for i, v := range s.Values {
		c.node(fmt.Sprintf("%s[%d]", path, i), v, t.Elem())
	}
}

// scalar checks a plain number, a word, or true and false.
func (c *shape) scalar(path string, n ast.Node, t reflect.Type) {
	if !scalar(n) {
		c.wrong(n, path, "one value belongs here, not %s; write it behind the colon", kindOf(n))
		return
	}
	text := n.GetToken().Value
	switch t.Kind() {
	case reflect.Int, reflect.Uint64:
		i, ok := n.(*ast.IntegerNode)
		if !ok || !fits(i.Value, t) {
			c.wrong(n, path, "%.64q is no whole number; write one, for example 3", text)
			return
		}
		c.zero(path, n, reflect.ValueOf(i.Value))
	case reflect.Float64:
		v, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			c.wrong(n, path, "%.64q is no number; write one without a unit, for example 2.5", text)
			return
		}
		c.zero(path, n, reflect.ValueOf(v))
	case reflect.Bool:
		if _, ok := n.(*ast.BoolNode); !ok {
			c.wrong(n, path, "%.64q is neither true nor false; write one of them", text)
		}
	}
}

// fits tells whether what the YAML library made of an integer can be a t.
func fits(v any, t reflect.Type) bool {
	switch v := v.(type) {
	case uint64:
		return t.Kind() == reflect.Uint64 || v <= math.MaxInt
	case int64:
		return t.Kind() == reflect.Int
	}
	return false
}

func scalar(n ast.Node) bool {
	_, ok := n.(ast.ScalarNode)
	return ok
}

// kindOf is what n is, for people.
func kindOf(n ast.Node) string {
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return "keys"
	case *ast.SequenceNode:
		return "a list"
	}
	return fmt.Sprintf("%.64q", n.GetToken().Value)
}

// A typedKey is a key of a mapping, and the type of what stands behind it.
type typedKey struct {
	name string
	typ  reflect.Type
}

// keysOf are the keys of a type, with those of the types within it that have none.
func keysOf(t reflect.Type) []typedKey {
	var keys []typedKey
	for i := range t.NumField() {
		f := t.Field(i)
		if name, _, _ := strings.Cut(f.Tag.Get("yaml"), ","); name != "" {
			keys = append(keys, typedKey{name, f.Type})
		} else {
			keys = append(keys, keysOf(f.Type)...)
		}
	}
	return keys
}

// suggest names the key that was probably meant, or else all.
func suggest(name string, keys []typedKey) string {
	var all []string
	for _, k := range keys {
		all = append(all, k.name)
	}
	return likely(name, all, "the keys are "+strings.Join(all, ", "))
}

// likely asks whether that one of known was meant which is at most two letters away, and
// says otherwise if there is none.
func likely(name string, known []string, otherwise string) string {
	near := slices.MinFunc(known, func(a, b string) int { return distance(name, a) - distance(name, b) })
	if d := distance(name, near); d > 2 || d >= len(near) {
		return otherwise
	}
	return "did you mean " + near + "?"
}

// distance is how many letters have to be changed, put in or taken out to make b of a.
func distance(a, b string) int {
	a, b = strings.ToLower(a), strings.ToLower(b)
	if len(a) > 64 {
		return len(a)
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0] // of the row above, one to the left
		row[0]++
		for j := range len(b) {
			change := before
			if a[i] != b[j] {
				change++
			}
			before = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
