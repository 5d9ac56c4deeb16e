package scenario

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// An editor that has the schema shows nothing wrong in what comes with the program, and
// marks what Parse would refuse for its shape.
func TestTheSchemaTakesScenariosAndRefusesMistakes(t *testing.T) {
	text, err := os.ReadFile(schemaFile)
	require.NoError(t, err)
	var schema map[string]any
	require.NoError(t, json.Unmarshal(text, &schema))
	refused := func(text string) string {
		var v any
		require.NoError(t, yaml.Unmarshal([]byte(text), &v), text)
		return mistake(schema, v)
	}
	for _, name := range Names() {
		text, err := Text(name)
		require.NoError(t, err)
		assert.Empty(t, refused(string(text)), name)
	}
	for _, text := range []string{
		"durration: 10s", "duration: 60", "duration: 10 seconds", "seed: abc", "mesh: {degree: 4.5}", "mesh: {flood_publish: maybe}", "network: {loss: many}",
		"network: {bandwidth: 1GB}", "network: {latency: 1ms-2ms}", "regions: {name: a, nodes: 3}", "regions: [{name: a}]", "regions: [{name: a, nodes: three}]",
		"links: [{latency: 5ms}]", "applications: [{name: c, load: [{rate: 5}]}]", "applications: [{name: c, load: [{to: all, rate: 1}]}]",
		"applications: [{name: c, load: [{to: user, rate: 5/s}]}]", "applications: [{name: c, groups: {popularity: pareto}}]",
		"applications: [{name: c, load: [{to: user, rate: 5, size: 4KB}]}]", "faults: [{at: 5s, do: explode}]", "faults: [{at: 5s}]", "faults: [{do: kill, nodes: all}]",
	} {
		assert.NotEmpty(t, refused(text), text)
		_, err := Parse("x.yaml", []byte(text))
		assert.Error(t, err, text)
	}
}

// mistake is what v has that schema does not allow, by as much of JSON Schema as ours uses.
func mistake(schema map[string]any, v any) string {
	types, _ := schema["type"].([]any)
	if one, ok := schema["type"].(string); ok {
		types = []any{one}
	}
	if len(types) > 0 && !slices.ContainsFunc(types, func(typ any) bool { return is(typ.(string), v) }) {
		return fmt.Sprintf("%v is none of %v", v, types)
	}
	if all, ok := schema["enum"].([]any); ok && !slices.Contains(all, v) {
		return fmt.Sprintf("%v is none of %v", v, all)
	}
	if pattern, ok := schema["pattern"].(string); ok && is("string", v) && !regexp.MustCompile(pattern).MatchString(v.(string)) {
		return fmt.Sprintf("%v does not match %s", v, pattern)
	}
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			if m := mistake(schema["items"].(map[string]any), e); m != "" {
				return m
			}
		}
	case map[string]any:
		required, _ := schema["required"].([]any)
		for _, key := range required {
			if _, ok := v[key.(string)]; !ok {
				return fmt.Sprintf("%v is missing", key)
			}
		}
		for key, e := range v {
			property, ok := schema["properties"].(map[string]any)[key].(map[string]any)
			if !ok {
				return key + " is unknown"
			}
			if m := mistake(property, e); m != "" {
				return m
			}
		}
	}
	return ""
}

func is(typ string, v any) bool {
	switch v := v.(type) {
	case string:
		return typ == "string"
	case bool:
		return typ == "boolean"
	case uint64, int64:
		return typ == "number" || typ == "integer"
	case float64:
		return typ == "number" || typ == "integer" && v == math.Trunc(v)
	case []any:
		return typ == "array"
	case map[string]any:
		return typ == "object"
	}
	return false
}
