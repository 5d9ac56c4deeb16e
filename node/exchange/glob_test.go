package exchange_test

import (
	"strings"
	"testing"
	"time"

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

// A pattern of many stars must not take a publisher's time.
func TestAMaliciousPatternIsMatchedInTime(t *testing.T) {
	begun := time.Now()
	assert.False(t, exchange.Match(strings.Repeat("a*", 5000)+"b", strings.Repeat("a", 30000)))
	assert.Less(t, time.Since(begun), 5*time.Second)
}

func FuzzMatch(f *testing.F) {
	f.Add("a*b?[c-d]", "axbyc")
	f.Add("[", "[")
	f.Fuzz(func(t *testing.T, pattern, text string) {
		// Whatever a pattern matches, it matches with a star behind it.
		if exchange.Match(pattern, text) && !strings.HasSuffix(pattern, `\`) && !strings.Contains(pattern, "[") {
			assert.True(t, exchange.Match(pattern+"*", text+"x"))
		}
		assert.True(t, exchange.Match("*", text))
	})
}
