package ncconf_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"github.com/signalmesh/signalmesh/discovery/ncconf"
)

// document is a file with a letter outside of ASCII in its comment.
func document(declared string) string {
	return `<?xml version="1.0" encoding="` + declared + `"?>
<!-- für alle -->
<configuration><ncache-server port="9800"/>
<cache id="hub"><server name="h1"/></cache></configuration>`
}

func TestEncodingsThatAreRead(t *testing.T) {
	utf16 := func(e unicode.Endianness) string {
		s, err := unicode.UTF16(e, unicode.UseBOM).NewEncoder().String(document("utf-16"))
		require.NoError(t, err)
		return s
	}
	latin1, err := charmap.ISO8859_1.NewEncoder().String(document("ISO-8859-1"))
	require.NoError(t, err)
	for name, text := range map[string]string{
		"UTF-8":                  document("UTF-8"),
		"UTF-8 with mark":        "\ufeff" + document("utf-8"),
		"UTF-16, little-endian":  utf16(unicode.LittleEndian),
		"UTF-16, big-endian":     utf16(unicode.BigEndian),
		"Latin-1, declared":      latin1,
		"Windows-1252, declared": strings.Replace(latin1, "ISO-8859-1", "windows-1252", 1),
		"ASCII, declared":        strings.Replace(document("us-ascii"), "ü", "ue", 1),
	} {
		t.Run(name, func(t *testing.T) {
			c, problems := read(text, "hub", ncconf.Options{Strict: true})
			require.NoError(t, problems.Err())
			assert.Empty(t, problems)
			assert.Equal(t, "h1", c.Servers[0].Host)
			assert.Equal(t, 4, c.Origin.Line)
		})
	}
}

func TestTheMarkIsTrustedOverTheDeclaration(t *testing.T) {
	_, problems := read("\ufeff"+document("utf-16"), "hub", ncconf.Options{})
	assert.Equal(t, []string{
		`notice client.ncconf:1: the file declares encoding "utf-16" but its byte-order mark says utf-8; read as utf-8`,
	}, told(problems))
}

func TestEncodingsThatAreRefused(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"Latin-1 bytes, undeclared", "<configuration>\n<!-- f\xfcr -->\n</configuration>",
			`error client.ncconf:2: byte 22: byte 0xFC is not UTF-8; save the file as UTF-8, or declare encoding="iso-8859-1" if it is Latin-1`},
		{"declares UTF-16 but is not", document("utf-16"),
			`error client.ncconf:1: byte 30: the file declares encoding "utf-16" but is not UTF-16; declare utf-8`},
		{"an encoding nobody needs", document("koi8-r"),
			`error client.ncconf:1: byte 30: encoding "koi8-r" is not read; save the file as UTF-8`},
		{"not ASCII", document("us-ascii"),
			`error client.ncconf:2: byte 48: not a character of the declared encoding "us-ascii"; save the file as UTF-8`},
		{"UTF-16 without mark", "<\x00c\x00",
			`error client.ncconf:1: byte 0: the file looks like UTF-16 without a byte-order mark; save it as UTF-8`},
		{"UTF-16, cut off", "\xff\xfe<\x00c",
			`error client.ncconf:1: byte 4: the file is UTF-16 but ends in half a character`},
		{"UTF-16, half a pair", "\xff\xfe<\x00\x00\xd8<\x00",
			`error client.ncconf:1: byte 4: half of a UTF-16 surrogate pair`},
		{"UTF-32", "\xff\xfe\x00\x00<\x00\x00\x00",
			`error client.ncconf:1: byte 0: the file is UTF-32; save it as UTF-8`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, problems := read(c.text, "hub", ncconf.Options{})
			assert.Equal(t, []string{c.want}, told(problems))
		})
	}
}
