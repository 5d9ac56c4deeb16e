package ncconf_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/signalmesh/signalmesh/discovery/diag"
	"github.com/signalmesh/signalmesh/discovery/ncconf"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// read parses a document and selects a cache, all problems together.
func read(text, id string, o ncconf.Options) (*ncconf.Cache, diag.Problems) {
	f, problems := ncconf.Parse("client.ncconf", []byte(text), o)
	if f == nil {
		return nil, problems
	}
	c, more := f.Cache(id)
	return c, append(problems, more...)
}

// told writes problems one a line, with their severity.
func told(ps diag.Problems) []string {
	out := []string{}
	for _, p := range ps {
		out = append(out, p.Severity.String()+" "+p.Error())
	}
	return out
}
