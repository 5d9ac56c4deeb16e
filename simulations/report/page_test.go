package report

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/simulations/result"
)

// A seen page is what a reader's browser would find in index.html.
type seen struct {
	elements map[string]int
	texts    string
	style    string
	policy   string
}

// look reads index.html in dir and holds it to what every page must be: well
// formed, with IDs once each, nothing from elsewhere and no figure that is none.
func look(t *testing.T, dir string) seen {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, "index.html"))
	require.NoError(t, err)
	defer f.Close()

	s := seen{elements: map[string]int{}}
	ids, wanted, open := map[string]bool{}, []string{}, []string{}
	d := xml.NewDecoder(f)
	d.Strict, d.AutoClose, d.Entity = false, []string{"meta"}, xml.HTMLEntity
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		switch token := token.(type) {
		case xml.StartElement:
			name := token.Name.Local
			open = append(open, name)
			s.elements[name]++
			for _, a := range token.Attr {
				require.NotContains(t, a.Value, "NaN")
				require.NotContains(t, a.Value, "Inf")
				switch key := a.Name.Local; {
				case key == "id":
					require.False(t, ids[a.Value], "ID %s is there twice", a.Value)
					ids[a.Value] = true
				case key == "aria-labelledby":
					wanted = append(wanted, strings.Fields(a.Value)...)
				case key == "href":
					require.Regexp(t, `^(#run\d+|results\.json|samples\.csv)$`, a.Value)
				case key == "src", key == "style", strings.HasPrefix(key, "on"):
					t.Errorf("<%s %s=%q>", name, key, a.Value)
				case key == "content" && strings.HasPrefix(a.Value, "default-src"):
					s.policy = a.Value
				}
			}
		case xml.EndElement:
			require.NotEmpty(t, open)
			require.Equal(t, open[len(open)-1], token.Name.Local, "elements end in the order they began in")
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) > 0 && open[len(open)-1] == "style" {
				s.style += string(token)
			} else {
				s.texts += string(token)
			}
		}
	}
	require.Empty(t, open)
	for _, id := range wanted {
		require.True(t, ids[id], "nothing has the ID %s", id)
	}
	for _, element := range []string{"script", "img", "link", "iframe", "object"} {
		require.Zero(t, s.elements[element], element)
	}
	return s
}

func TestPageShowsTheResult(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, Write(dir, Of(example(12, 120))))
	page := look(t, dir)
	for _, text := range []string{"partition-heal", "every promise of the mesh held, but", "DEGRADED", "Does anything get lost", "seed 7", "p99 21.5 ms", "1 partition a | b",
		"Sizing note", "twice the servers, twice the bytes", "loss of packets", "0.503 %", "What this run cannot tell", "GossipSub is a model", "n12", "2 min 30 s of virtual time"} {
		assert.Contains(t, page.texts, text)
	}
	assert.Equal(t, 2*(1+3+1+4), page.elements["desc"], "one for each plot, in both sizes")
}

func TestPageLetsNothingInButItsOwnStyle(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, Write(dir, Of(example(3, 30))))
	page := look(t, dir)
	hash := sha256.Sum256([]byte(page.style))
	assert.Equal(t, "default-src 'none'; style-src 'sha256-"+base64.StdEncoding.EncodeToString(hash[:])+"'; base-uri 'none'; form-action 'none'", page.policy)
	assert.NotContains(t, page.style, "url(")
	assert.NotContains(t, page.style, "@import")
}

func TestPageEscapesWhatAScenarioSays(t *testing.T) {
	const hostile = `</title></style><script>alert("x")</script>&<svg onload='x'>`
	r := example(3, 30)
	r.Scenario, r.Question, r.Label, r.Mode, r.Command = hostile, hostile, hostile, hostile, hostile
	r.Broken, r.Sizing, r.Limits = []string{hostile}, []string{hostile}, []string{hostile}
	r.Settings[0] = result.Setting{Name: hostile, Value: hostile}
	r.Roads[0].Name, r.Servers[0].Name, r.Servers[0].Region = hostile, hostile, hostile
	r.Account[0].Class, r.Faults[0].Label, r.Checks[0].Name, r.Checks[0].Unit = hostile, hostile, hostile, hostile
	dir := t.TempDir()
	require.NoError(t, Write(dir, Of(r)))
	assert.Contains(t, look(t, dir).texts, hostile)

	other := r
	other.Latency.P99MS *= 2
	require.NoError(t, Compare(dir, io.Discard, each([]result.Result{r, other})))
	assert.Contains(t, look(t, dir).texts, hostile)
}

func TestPageOfAnEmptyResult(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, Write(dir, Of(result.Result{})))
	assert.Contains(t, look(t, dir).texts, "nothing was tested")
	require.NoError(t, Compare(dir, io.Discard, each(make([]result.Result, 3))))
	look(t, dir)
}

func TestPageOfManyServersShowsBothEnds(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, Write(dir, Of(example(1000, 60))))
	page := look(t, dir)
	assert.Contains(t, page.texts, "… 980 more in results.json …")
	assert.Less(t, len(page.texts), 100_000)
	info, err := os.Stat(filepath.Join(dir, "index.html"))
	require.NoError(t, err)
	assert.Less(t, info.Size(), int64(500_000), "bytes of a page")
}

func TestPageShowsBrokenPromisesInRed(t *testing.T) {
	r := example(3, 30)
	r.Broken = []string{"a message of n1 reached n2 twice"}
	r.Account[0].Unaccounted = 4
	dir := t.TempDir()
	require.NoError(t, Write(dir, Of(r)))
	page := look(t, dir)
	assert.Contains(t, page.texts, "1 promise of the mesh was broken")
	assert.Contains(t, page.texts, "a message of n1 reached n2 twice")
	data, err := os.ReadFile(filepath.Join(dir, "index.html"))
	require.NoError(t, err)
	assert.Contains(t, string(data), `<td class="n bad">4</td>`)
	assert.Contains(t, string(data), `<td class="n bad">NO</td>`)
}
