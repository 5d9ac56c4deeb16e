package ncconf_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/signalmesh/signalmesh/discovery/diag"
	"github.com/signalmesh/signalmesh/discovery/ncconf"
)

func TestLimitsAreNamedWhenHit(t *testing.T) {
	wrap := func(s string) string { return "<configuration>" + s + "</configuration>" }
	many := func(n int, format string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	for _, c := range []struct{ name, text, want string }{
		{"file", strings.Repeat(" ", ncconf.MaxFileSize+1), "error client.ncconf: the file is larger than 1048576 bytes"},
		{"caches", wrap(many(ncconf.MaxCaches+1, `<cache id="c%d"/>`)), "error client.ncconf:1: more than 1024 <cache> elements"},
		{"servers", wrap(`<cache id="hub">` + many(ncconf.MaxServers+1, `<server name="h%d"/>`) + `</cache>`),
			"error client.ncconf:1: more than 1024 <server> elements in one <cache>"},
		{"value", wrap(`<cache id="` + strings.Repeat("x", ncconf.MaxValueSize+1) + `"/>`),
			`error client.ncconf:1: the value of "id" is longer than 4096 bytes`},
		{"attributes", wrap(`<cache ` + many(ncconf.MaxAttributes+1, `a%d="" `) + `/>`),
			"error client.ncconf:1: more than 64 attributes in <cache>"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, problems := read(c.text, "hub", ncconf.Options{})
			assert.Equal(t, []string{c.want}, told(problems))
		})
	}
}

func TestAFileFullOfMistakesIsToldInAPage(t *testing.T) {
	_, problems := read("<configuration>"+strings.Repeat("<unknown/>\n", 50_000)+"</configuration>", "hub", ncconf.Options{})
	assert.LessOrEqual(t, len(problems), 2*(diag.MaxProblems+2))
}
