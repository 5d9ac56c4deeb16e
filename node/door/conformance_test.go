package door_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// conversations are what a client sends, as inline commands; each ends with QUIT. To
// real Redis and to the door it is sent whole, and byte by byte.
var conversations = map[string]string{
	"ping":              "PING\nPING hello\nping\nPING a b\nECHO x\nECHO\nECHO a b\n",
	"empty lines":       "\n\n  \nPING\n",
	"quotes":            `ECHO "a\x41\n\t\\\"b"` + "\n" + `ECHO 'it\'s'` + "\n" + `ECHO ""` + "\n",
	"unknown":           "FOO\nFOO bar\nFOO bar baz quux\nfoobarfoobarfoobarfoobarfoobarfoobarfoobar\nSENTINEL MASTERS\n",
	"unknown, long":     "FOO " + strings.Repeat("x", 200) + " y\n" + strings.Repeat("Y", 300) + " z\nFOO " + strings.Repeat("abcdef ", 30) + "\n",
	"select":            "SELECT 0\nSELECT\nSELECT 1\nSELECT 15\nSELECT 16\nSELECT -1\nSELECT x\n",
	"publish":           "PUBLISH a b\nPUBLISH a\nPUBLISH a b c\n",
	"to oneself, RESP3": "HELLO 3\nPING\nSUBSCRIBE a\nPING\nPUBLISH a b\nECHO x\nPUBLISH a \"\"\n",
	"subscribe":         "SUBSCRIBE a b a\nSUBSCRIBE c\nUNSUBSCRIBE b\nUNSUBSCRIBE b\nSUBSCRIBE\nUNSUBSCRIBE nothing\nPING\nPING x\nUNSUBSCRIBE a c\nUNSUBSCRIBE\nPING\n",
	"subscribe, RESP3":  "HELLO 3\nSUBSCRIBE a b a\nUNSUBSCRIBE b\nUNSUBSCRIBE b\nPING x\nUNSUBSCRIBE a\nUNSUBSCRIBE\n",
	"patterns":          "PSUBSCRIBE a* b?\nPUNSUBSCRIBE x\nPUNSUBSCRIBE a*\nPUNSUBSCRIBE\nPUNSUBSCRIBE\nPUBSUB NUMPAT\n",
	"patterns, RESP3":   "HELLO 3\nPSUBSCRIBE a*\nSUBSCRIBE ab\nPUBLISH ab x\nPUBLISH ac y\nPUBSUB NUMPAT\nPUBSUB CHANNELS\nPUBSUB NUMSUB ab ac\nPUNSUBSCRIBE a*\nPUBLISH ab z\n",
	"two patterns":      "HELLO 3\nPSUBSCRIBE a*\nPSUBSCRIBE *b\nPUBLISH ac x\nPUBLISH cb y\nPUBLISH c z\nPUBSUB NUMPAT\n",
	"shards":            "HELLO 3\nSSUBSCRIBE s\nSPUBLISH s x\nPUBLISH s y\nPUBSUB SHARDNUMSUB s t\nPUBSUB SHARDCHANNELS\nSUNSUBSCRIBE s\nSUNSUBSCRIBE\nSPUBLISH s z\n",
	"shards, RESP2":     "SSUBSCRIBE s\nSUBSCRIBE c\nPUBLISH s y\nSUNSUBSCRIBE\nUNSUBSCRIBE\n",
	"while subscribed":  "SUBSCRIBE a\nPUBLISH a b\nECHO x\nCLIENT ID\nPUBSUB NUMPAT\nFOO\nECHO\nHELLO 3\nRESET\nPING\n",
	"pubsub":            "PUBSUB NUMSUB\nPUBSUB NUMSUB a\nPUBSUB CHANNELS\nPUBSUB CHANNELS x*\nPUBSUB\nPUBSUB FOO\nPUBSUB NUMPAT x\nPUBSUB CHANNELS a b\npubsub numpat\nPUBSUB SHARDNUMSUB\n",
	"hello":             "HELLO\nHELLO 2\nHELLO 3\nHELLO\nHELLO 4\nHELLO 1\nHELLO x\nHELLO 3 FOO\nHELLO 3 SETNAME me\nCLIENT GETNAME\nHELLO 3 SETNAME\nHELLO 3 SETNAME \"a b\"\nHELLO 2 AUTH default any\nHELLO 2 AUTH other any\n",
	"reset":             "HELLO 3\nCLIENT SETNAME me\nSUBSCRIBE a\nRESET\nCLIENT GETNAME\nUNSUBSCRIBE a\nRESET x\n",
	"client":            "CLIENT SETNAME me\nCLIENT GETNAME\nCLIENT SETNAME \"a b\"\nCLIENT\nCLIENT FOO\nCLIENT SETNAME\nCLIENT ID x\nCLIENT GETNAME\nHELLO 3\nCLIENT SETNAME \"\"\nCLIENT GETNAME\n",
	"auth":              "AUTH x\nAUTH default x\nAUTH other x\nAUTH a b c\nAUTH\n",
	"config":            "CONFIG GET timeout\nCONFIG GET databases\nCONFIG GET nothing\nHELLO 3\nCONFIG GET databases\nCONFIG GET nothing\nCONFIG GET\nCONFIG FOO\nCONFIG\n",
	"cluster":           "CLUSTER NODES\nREADONLY\nREADWRITE\nASKING\n",
	"probes":            "ROLE\nMODULE LIST\nWAIT 0 0\nCLIENT TRACKING on\nHELLO 3\nROLE\n",
	"HTTP":              "POST / HTTP/1.1\nPING\n",
	"HTTP header":       "hOsT: example\nPING\n",
	"tie break":         "GET __Booksleeve_TieBreak\nHELLO 3\nGET __Booksleeve_TieBreak\nGET\n",
}

// varying matches replies that differ between Redis servers, and the end of the reply to
// an unknown command, in which the door names itself.
var varying = regexp.MustCompile(`(\$2\r\nid\r\n):\d+|(-ERR unknown command ')[^\r\n]*`)

// bulks is text, in the form inline commands have here, with bulk strings. Lines with
// quotes or nothing on them stay.
func bulks(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) == 0 || strings.ContainsAny(line, `"'`) {
			b.WriteString(line)
			continue
		}
		fmt.Fprintf(&b, "*%d\r\n", len(words))
		for _, w := range words {
			fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(w), w)
		}
	}
	return b.String()
}

func converse(t *testing.T, addr, text string, step int) string {
	w := dial(t, addr)
	for len(text) > 0 {
		n := min(step, len(text))
		w.send(text[:n])
		text = text[n:]
	}
	return varying.ReplaceAllString(w.rest(), "$1$2")
}

func TestTheDoorAnswersAsRedisDoes(t *testing.T) {
	real, ours := redis(t), sites(t, 1, nil)[0].addr()
	for name, text := range conversations {
		t.Run(name, func(t *testing.T) {
			text += "QUIT\n"
			want := converse(t, real, text, len(text))
			assert.Equal(t, want, converse(t, ours, text, len(text)), "inline, in one go")
			assert.Equal(t, want, converse(t, ours, bulks(text), 1<<20), "bulk strings, in one go")
			assert.Equal(t, want, converse(t, ours, bulks(text), 1), "byte by byte")
		})
	}
}

// Nothing but the limits differs: those of the door are lower.
func TestBrokenCommandsEndTheConnectionAsInRedis(t *testing.T) {
	real, ours := redis(t), sites(t, 1, nil)[0].addr()
	for _, text := range []string{
		"*1\r\n*4\r\n", "*x\r\n", "*1\r\n$x\r\n", "*1\r\n$-1\r\n", "*2\r\n$4\r\nPING\r\nPING\r\n", "*-1\r\nPING\r\n*1\r\nX\r\n",
		"*0\r\n*1\r\n!\r\n", "*2147483648\r\n", "*01\r\n", "*\r\n", "*1\r\n$\r\n", "*1\r\n$5000000000\r\n",
		"PING\r\n*1\r\n:1\r\n", "ECHO \"a\n", "ECHO \"a\"b\n", "*" + strings.Repeat("1", 70_000), strings.Repeat("a", 70_000),
	} {
		assert.Equal(t, converse(t, real, text, len(text)), converse(t, ours, text, len(text)), "%.40q", text)
	}
}

func TestStrangersAreAnsweredAsInRedis(t *testing.T) {
	real := redis(t, "--requirepass", "secret")
	ours := protected(t)[0].addr()
	for name, text := range map[string]string{
		"nothing works":   "PING\nSUBSCRIBE a\nPUBLISH a b\nFOO\nPING a b\nHELLO 3\nCLIENT ID\nRESET\n",
		"wrong":           "AUTH wrong\nAUTH default wrong\nAUTH other secret\nPING\n",
		"right":           "AUTH secret\nPING\nRESET\nPING\nAUTH default secret\nPING\n",
		"hello":           "HELLO 3 AUTH default wrong\nHELLO 3 AUTH default secret\nPING\n",
		"too many":        "*11\r\n",
		"too large":       "*1\r\n$16385\r\n",
		"wrong, then FOO": "AUTH\nAUTH a b c\nQUIT x\n",
	} {
		text += "QUIT\n"
		assert.Equal(t, converse(t, real, text, len(text)), converse(t, ours, text, len(text)), name)
	}
}
