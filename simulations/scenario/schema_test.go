package scenario

import (
	"encoding/json"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const schemaFile = "../../docs/simulations-schema.json"

var update = flag.Bool("update", false, "write docs/simulations-schema.json")

// The schema for editors is made of the types and their comments, so it cannot be
// behind them: go test ./simulations/scenario -update writes it anew.
func TestTheSchemaForEditorsIsThatOfTheTypes(t *testing.T) {
	s := object(t, reflect.TypeFor[Scenario](), comments(t))
	s["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	s["title"] = "A scenario of signalmesh sim"
	got, err := json.MarshalIndent(s, "", " ")
	require.NoError(t, err)
	got = append(got, '\n')
	if *update {
		require.NoError(t, os.WriteFile(schemaFile, got, 0o644))
	}
	want, err := os.ReadFile(schemaFile)
	require.NoError(t, err)
	assert.Equal(t, string(want), string(got), "run: go test ./simulations/scenario -update")
}

func TestEveryKeyIsInTheManual(t *testing.T) {
	manual, err := os.ReadFile("../../docs/simulations.md")
	require.NoError(t, err)
	for _, typ := range []reflect.Type{
		reflect.TypeFor[Scenario](), reflect.TypeFor[Network](), reflect.TypeFor[Region](), reflect.TypeFor[Link](), reflect.TypeFor[Application](),
		reflect.TypeFor[Groups](), reflect.TypeFor[Load](), reflect.TypeFor[Mesh](), reflect.TypeFor[Fault](), reflect.TypeFor[Expect](),
	} {
		for i := range typ.NumField() {
			if key := keyOf(typ.Field(i)); key != "" {
				assert.Contains(t, string(manual), "`"+key+"`", "%s of %s", key, typ.Name())
			}
		}
	}
	for _, act := range Acts {
		assert.Contains(t, string(manual), "`"+string(act)+"`")
	}
}

// keyOf is the key of a field; "" if its fields are those of the type it is in.
func keyOf(f reflect.StructField) string {
	key, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
	return key
}

// What an editor can see of values with units.
const (
	duration = `([0-9.]+(ns|us|µs|ms|s|m|h))+`
	size     = `[0-9.]+( *([KMG]i)?B)?`
)

func object(t *testing.T, typ reflect.Type, doc map[string]string) map[string]any {
	properties := map[string]any{}
	fields(t, typ, doc, properties)
	s := map[string]any{"type": "object", "additionalProperties": false, "properties": properties}
	var required []string
	for i := range typ.NumField() {
		if key := keyOf(typ.Field(i)); key != "" && !strings.Contains(typ.Field(i).Tag.Get("yaml"), "omitempty") {
			required = append(required, key)
		}
	}
	if len(required) > 0 {
		s["required"] = required
	}
	return s
}

func fields(t *testing.T, typ reflect.Type, doc map[string]string, into map[string]any) {
	for i := range typ.NumField() {
		f := typ.Field(i)
		if keyOf(f) == "" {
			fields(t, f.Type, doc, into)
			continue
		}
		p := property(t, f.Type, doc)
		d := doc[typ.Name()+"."+f.Name]
		require.NotEmpty(t, d, "%s of %s has no comment, and so no description", f.Name, typ.Name())
		p["description"] = d
		into[keyOf(f)] = p
	}
}

func property(t *testing.T, typ reflect.Type, doc map[string]string) map[string]any {
	values := func(all ...string) map[string]any { return map[string]any{"enum": all} }
	switch typ {
	case reflect.TypeFor[Act]():
		return values(strings.Split(actNames(), ", ")...)
	case reflect.TypeFor[Popularity]():
		return values(string(Uniform), string(Zipf))
	case reflect.TypeFor[Class]():
		return values(string(Broadcast), string(Group), string(User), string(Connection))
	case reflect.TypeFor[Selector]():
		return map[string]any{"type": []string{"string", "number"}}
	case reflect.TypeFor[Share]():
		return map[string]any{"type": []string{"string", "number"}, "pattern": `^[0-9.]+%?$`}
	case reflect.TypeFor[Size]():
		return map[string]any{"type": []string{"string", "number"}, "pattern": "^" + size + "$"}
	case reflect.TypeFor[Sizes]():
		return map[string]any{"type": []string{"string", "number"}, "pattern": "^" + size + `(\.\.` + size + ")?$"}
	case reflect.TypeFor[Duration]():
		return map[string]any{"type": "string", "pattern": "^" + duration + "$"}
	case reflect.TypeFor[Range]():
		return map[string]any{"type": "string", "pattern": "^" + duration + `(\.\.` + duration + ")?$"}
	case reflect.TypeFor[Bandwidth]():
		return map[string]any{"type": "string", "pattern": `^[0-9.]+ *[kMG]?bit$`}
	}
	switch typ.Kind() {
	case reflect.Pointer:
		return property(t, typ.Elem(), doc)
	case reflect.Struct:
		return object(t, typ, doc)
	case reflect.Slice:
		return map[string]any{"type": "array", "items": property(t, typ.Elem(), doc)}
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int, reflect.Uint64:
		return map[string]any{"type": "integer"}
	case reflect.Float64:
		return map[string]any{"type": "number"}
	}
	require.Fail(t, "no schema for "+typ.String())
	return nil
}

// comments are those of the fields, by Type.Field.
func comments(t *testing.T) map[string]string {
	doc := map[string]string{}
	for _, file := range []string{"scenario.go", "fault.go", "expect.go"} {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
		require.NoError(t, err)
		ast.Inspect(f, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok {
				return true
			}
			if s, ok := spec.Type.(*ast.StructType); ok {
				for _, field := range s.Fields.List {
					text := strings.Join(strings.Fields(field.Doc.Text()+" "+field.Comment.Text()), " ")
					for _, name := range field.Names {
						doc[spec.Name.Name+"."+name.Name] = text
					}
				}
			}
			return true
		})
	}
	return doc
}
