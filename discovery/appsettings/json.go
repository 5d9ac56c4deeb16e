package appsettings

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tailscale/hujson"

	"github.com/signalmesh/signalmesh/discovery/diag"
)

// What a file may hold.
const (
	MaxFileSize = 1 << 20 // bytes
	MaxDepth    = 64      // objects and arrays inside each other, as in .NET
	MaxEntries  = 10_000  // values
	MaxKeySize  = 1 << 10 // bytes of a full key
)

// A jsonFile is one file on its way to entries.
type jsonFile struct {
	diag.Collector
	name    string
	lines   []int // offset of each line's first byte
	entries map[string]Entry
	full    bool // MaxEntries was hit and told
}

// parseJSON reads one file into entries by lower-case key. The problems are all
// those of one pass; after an error the entries are not to be used.
func parseJSON(name string, data []byte) (map[string]Entry, diag.Problems) {
	f := &jsonFile{name: name, lines: []int{0}, entries: map[string]Entry{}}
	if v, ok := f.open(data); ok {
		f.object(v.Value.(*hujson.Object), "")
	}
	return f.entries, f.Problems()
}

// open bounds data and parses it as JSON with comments and trailing commas.
func (f *jsonFile) open(data []byte) (v hujson.Value, ok bool) {
	if len(data) > MaxFileSize {
		f.error(diag.Origin{Source: f.name}, "", "the file is larger than %d bytes", MaxFileSize)
		return v, false
	}
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		f.error(diag.Origin{Source: f.name}, "", "the file is UTF-16; save it as UTF-8")
		return v, false
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	for i, c := range data {
		if c == '\n' {
			f.lines = append(f.lines, i+1)
		}
	}
	if i := invalidUTF8(data); i >= 0 {
		f.error(f.at(i), "", "byte 0x%02X is not UTF-8; save the file as UTF-8", data[i])
		return v, false
	}
	if i := tooDeep(data); i >= 0 {
		f.error(f.at(i), "", "objects and arrays are nested deeper than %d", MaxDepth)
		return v, false
	}
	// A comment may end with the file; the parser wants its line to end.
	v, err := hujson.Parse(append(slices.Clip(data), '\n'))
	if err != nil {
		f.syntax(err, data)
		return v, false
	}
	if _, ok := v.Value.(*hujson.Object); !ok {
		f.error(f.at(v.StartOffset), "", "the top level is %s, expected an object: { … }", kind(v.Value.Kind()))
		return v, false
	}
	return v, true
}

func invalidUTF8(data []byte) int {
	for i := 0; i < len(data); {
		r, n := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return -1
}

// tooDeep returns where data nests deeper than MaxDepth, or -1. It runs before the
// parser, which recurses without a limit.
func tooDeep(data []byte) int {
	depth := 0
	for i := 0; i < len(data); i++ {
		switch c := data[i]; c {
		case '"':
			for i++; i < len(data) && data[i] != '"'; i++ {
				if data[i] == '\\' {
					i++
				}
			}
		case '/':
			i += comment(data[i:])
		case '{', '[':
			if depth++; depth > MaxDepth {
				return i
			}
		case '}', ']':
			depth--
		}
	}
	return -1
}

// comment returns how far beyond its first byte a comment at the start of b
// reaches, 0 if there is none.
func comment(b []byte) int {
	end, open := "\n", 2
	switch {
	case bytes.HasPrefix(b, []byte("//")):
	case bytes.HasPrefix(b, []byte("/*")):
		end = "*/"
	default:
		return 0
	}
	n := bytes.Index(b[open:], []byte(end))
	if n < 0 {
		return len(b)
	}
	return open + n + len(end) - 1
}

func (f *jsonFile) at(offset int) diag.Origin {
	line := sort.SearchInts(f.lines, offset+1)
	return diag.Origin{Source: f.name, Line: line, Column: offset - f.lines[line-1] + 1}
}

func (f *jsonFile) error(at diag.Origin, path, format string, args ...any) {
	f.Add(diag.Problem{Severity: diag.Error, At: at, Path: path, Message: fmt.Sprintf(format, args...)})
}

var place = regexp.MustCompile(`^hujson: line ([0-9]+), column ([0-9]+): (?s:(.*))$`)

// syntax reports what makes the file no JSON. The parser quotes a literal that it
// does not understand; that may be a password, so it is left out.
func (f *jsonFile) syntax(err error, data []byte) {
	at, text := diag.Origin{Source: f.name}, "the text cannot be read"
	if m := place.FindStringSubmatch(err.Error()); m != nil {
		at.Line, _ = strconv.Atoi(m[1])
		at.Column, _ = strconv.Atoi(m[2])
		if at.Line > len(f.lines) { // behind the line end that was added
			at.Line, at.Column = len(f.lines), 0
		}
		text = m[3]
	}
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF) && len(data) == 0:
		text = "the file is empty; expected an object: { … }"
	case errors.Is(err, io.ErrUnexpectedEOF):
		text = "the file ends in the middle; a bracket, brace, quote or comment is not closed"
	case bytes.HasPrefix(bytes.TrimSpace(data), []byte(`"`)) && strings.HasPrefix(text, "invalid character ':'"):
		text = "the file begins with a key; put braces around everything: { … }"
	case strings.HasPrefix(text, "invalid literal"):
		text = "this is no JSON value; a text needs double quotes, and a backslash in it is written twice"
	}
	f.error(at, "", "%s", text)
}

func kind(k hujson.Kind) string {
	switch k {
	case '[':
		return "an array"
	case '{':
		return "an object"
	case '"':
		return "a text"
	case 'n':
		return "null"
	}
	return "a value"
}
