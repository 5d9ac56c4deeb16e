package appsettings_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/discovery/appsettings"
	"github.com/signalmesh/signalmesh/discovery/diag"
)

func TestValuesAreTextByFlatKey(t *testing.T) {
	c := parse(t, "\ufeff"+`{
  "Port": 9800, "port2": "9800", "On": true, "Nothing": null, // a comment
  "Half": 0.50, "List": [ "a", [ "b" ], { "C": "d" }, ], /* another */
  "A:B": "colon", "A": { "C": "nested", },
} // the last one`)
	for key, want := range map[string]string{
		"PORT": "9800", "Port2": "9800", "on": "true", "nothing": "", "half": "0.50",
		"list:0": "a", "List:1:0": "b", "List:2:c": "d", "a:b": "colon", "A:c": "nested",
	} {
		assert.Equal(t, want, value(t, c, key), key)
	}
	e, _ := c.Lookup("a:c")
	assert.Equal(t, appsettings.Entry{Key: "A:C", Value: "nested", Origin: diag.Origin{Source: "a.json", Line: 4, Column: 26}}, e)
	e, _ = c.Lookup("nothing")
	assert.True(t, e.Null)
}

func TestMistakesInAFileAreToldWithTheirPlace(t *testing.T) {
	deep := strings.Repeat(`{"a":`, appsettings.MaxDepth) + `{}` + strings.Repeat(`}`, appsettings.MaxDepth)
	var many strings.Builder
	for i := range appsettings.MaxEntries + 2 {
		fmt.Fprintf(&many, `"k%d":0,`, i)
	}
	for _, c := range []struct{ name, text, want string }{
		{"empty", "", `error a.json:1: the file is empty; expected an object: { … }`},
		{"an array at the top", "\n[]", `error a.json:2:1: the top level is an array, expected an object: { … }`},
		{"a text at the top", `"x"`, `error a.json:1:1: the top level is a text, expected an object: { … }`},
		{"no braces", "\n\"A\": {\"B\": 1}", `error a.json:2:4: the file begins with a key; put braces around everything: { … }`},
		{"cut off", "{\n\"a\": {", `error a.json:2: the file ends in the middle; a bracket, brace, quote or comment is not closed`},
		{"a missing comma", "{\"a\": 1\n\"b\": 2}", `error a.json:2:1: invalid character '"' after object value (expecting ',' or '}')`},
		{"a password with a lone backslash", `{"Password": "hunter\2"}`,
			`error a.json:1:14: this is no JSON value; a text needs double quotes, and a backslash in it is written twice`},
		{"a key twice", "{\"Key\": 1,\n\"kEY\": 2}", `error a.json:2:1: key "kEY" stands in line 1 already; letter case does not tell keys apart; keep one`},
		{"a key twice, once with colon", "{\"A:B\": 1,\n\"a\": {\"b\": 2}}",
			`error a.json:2:7: key "a:b" stands in line 1 already; letter case does not tell keys apart; keep one`},
		{"a section twice", "{\"A\": {\"x\": 1},\n\"a\": {\"y\": 2}}", `warning a.json:2:1: section "a" is continued from line 1; keep it in one place`},
		{"text after the object", "{}\n{}", `error a.json:2:1: invalid character '{' after top-level value`},
		{"no UTF-8", "{\n\"a\": \"\xff\"}", `error a.json:2:7: byte 0xFF is not UTF-8; save the file as UTF-8`},
		{"UTF-16", "\xff\xfe{\x00}\x00", `error a.json: the file is UTF-16; save it as UTF-8`},
		{"too deep", deep, `error a.json:1:321: objects and arrays are nested deeper than 64`},
		{"too large", strings.Repeat(" ", appsettings.MaxFileSize+1), `error a.json: the file is larger than 1048576 bytes`},
		{"too many values", "{" + many.String() + "}", `error a.json:1:98892: the file has more than 10000 values`},
		{"a key too long", `{"` + strings.Repeat("k", appsettings.MaxKeySize+1) + `": 1}`, `error a.json:1:2: a key is longer than 1024 bytes`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, problems := appsettings.Parse("a.json", []byte(c.text))
			assert.Equal(t, []string{c.want}, told(problems))
		})
	}
}

func TestBracesInTextsAndCommentsAreNotDepth(t *testing.T) {
	c := parse(t, `{ "a": "\"`+strings.Repeat("{", 100)+`", /* `+strings.Repeat("[", 100)+` */ // `+strings.Repeat("{", 100)+"\n }")
	require.Len(t, c.Entries(), 1)
}

func TestEntriesAreSortedAsNETDoes(t *testing.T) {
	c := parse(t, `{"S": {"10": "", "9": "", "b": "", "A": "", "a-b": "", "A:z": ""}, "S-": ""}`)
	var keys []string
	for _, e := range c.Section("s").Entries() {
		keys = append(keys, e.Key)
	}
	assert.Equal(t, []string{"S:9", "S:10", "S:A", "S:A:z", "S:a-b", "S:b"}, keys)
	assert.Equal(t, []string{"9", "10", "a", "a-b", "b"}, c.Section("S").Children())
	assert.Empty(t, c.Section("nowhere").Entries())
}

func TestAKeyFullOfSeparatorsIsNoTrap(t *testing.T) {
	var b strings.Builder
	for i := range 9_000 {
		fmt.Fprintf(&b, `"%d":0,`, i)
	}
	c := parse(t, `{"`+strings.Repeat(":", 1000)+`": {`+b.String()+`}}`)
	assert.Len(t, c.Section(strings.Repeat(":", 1000)).Children(), 9_000)
}
