package exchange_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/signalmesh/signalmesh/node/exchange"
)

func TestPatternsMatchAsInRedis(t *testing.T) {
	for _, c := range []struct {
		pattern string
		yes, no string // separated by blanks
	}{
		{"h?llo", "hello hallo h?llo", "hllo heello"},
		{"h*llo", "hllo heeeello", "hell"},
		{"h[ae]llo", "hello hallo", "hillo hllo"},
		{"h[^e]llo", "hallo hbllo", "hello"},
		{"h[a-b]llo", "hallo hbllo", "hcllo"},
		{"h[b-a]llo", "hallo hbllo", "hcllo"},
		{`h\*llo`, "h*llo", "hello"},
		{`h[\]]llo`, "h]llo", "hllo"},
		{"*", "a abc *", ""},
		{"**a", "a ba", "ab"},
		{"a*b*c", "abc aXbXc abbc", "acb"},
		{"[abc", "a b", "d"},
		{`a\`, `a\`, "a"},
	} {
		for _, text := range strings.Fields(c.yes) {
			assert.True(t, exchange.Match(c.pattern, text), "%s %s", c.pattern, text)
		}
		for _, text := range strings.Fields(c.no) {
			assert.False(t, exchange.Match(c.pattern, text), "%s %s", c.pattern, text)
		}
	}
	assert.True(t, exchange.Match("", ""))
	assert.True(t, exchange.Match("***", ""))
}

// The time for a pattern grows as its length and that of the text do.
func TestLongPatternsAreMatched(t *testing.T) {
	const n = 32_000
	text := strings.Repeat("a", n)
	for name, pattern := range map[string]string{
		"many stars":     strings.Repeat("a*", n/2) + "b",
		"a long literal": "*" + strings.Repeat("a", n/2) + "b*",
		"many ?":         "*" + strings.Repeat("?", 4000) + "b*",
		"many sets":      "*" + strings.Repeat("[ab]", 1000) + "c*",
		"an end":         "*" + strings.Repeat("a", n/2) + "b",
	} {
		for range 10 {
			assert.False(t, exchange.Match(pattern, text), name)
		}
	}
}

// matchSlowly is Match by trying everything.
func matchSlowly(pattern, text string) bool {
	if pattern == "" {
		return text == ""
	}
	if pattern[0] == '*' {
		return matchSlowly(pattern[1:], text) || text != "" && matchSlowly(pattern, text[1:])
	}
	if text == "" {
		return false
	}
	rest, b := pattern[1:], text[0]
	ok := pattern[0] == '?' || pattern[0] == b
	switch {
	case pattern[0] == '[':
		ok, rest = inSetSlowly(pattern[1:], b)
	case pattern[0] == '\\' && len(pattern) > 1:
		ok, rest = pattern[1] == b, pattern[2:]
	}
	return ok && matchSlowly(rest, text[1:])
}

func inSetSlowly(set string, b byte) (in bool, rest string) {
	not := strings.HasPrefix(set, "^")
	set = strings.TrimPrefix(set, "^")
	for set != "" && set[0] != ']' {
		switch {
		case set[0] == '\\' && len(set) > 1:
			in, set = in || set[1] == b, set[2:]
		case len(set) > 2 && set[1] == '-':
			in, set = in || min(set[0], set[2]) <= b && b <= max(set[0], set[2]), set[3:]
		default:
			in, set = in || set[0] == b, set[1:]
		}
	}
	return in != not, strings.TrimPrefix(set, "]")
}

func TestUnfinishedSetsEndWithThePattern(t *testing.T) {
	for _, pattern := range []string{"[a-", "[a", "[", "[^", "[^a-", "[a-z", `[\`, "x[a-", "*[a-", "*[", "[a-*", `*\`} {
		for _, text := range []string{"a", "b", "-", "xa", "", `\`, "z", "ab"} {
			assert.Equal(t, matchSlowly(pattern, text), exchange.Match(pattern, text), "%q %q", pattern, text)
		}
	}
}

func FuzzMatch(f *testing.F) {
	f.Add("a*b?[c-d]", "axbyc")
	f.Add("[", "[")
	f.Add("*[a-", "-xa")
	f.Add("a*[^b]?*c", "abbabc")
	f.Fuzz(func(t *testing.T, pattern, text string) {
		if len(pattern) <= 12 && len(text) <= 12 {
			assert.Equal(t, matchSlowly(pattern, text), exchange.Match(pattern, text), "%q %q", pattern, text)
		}
		// Whatever a pattern matches, it matches with a star behind it.
		if exchange.Match(pattern, text) && !strings.HasSuffix(pattern, `\`) && !strings.Contains(pattern, "[") {
			assert.True(t, exchange.Match(pattern+"*", text+"x"))
		}
		assert.True(t, exchange.Match("*", text))
	})
}
