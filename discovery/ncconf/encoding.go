package ncconf

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// declaration finds the encoding that an XML declaration names. Everything up to
// it is ASCII in each encoding that is read without a byte-order mark.
var declaration = regexp.MustCompile(`^\s*<\?xml\s[^>]{0,200}?encoding\s*=\s*["']([^"'<>]{1,40})["']`)

var (
	bomUTF8    = []byte{0xEF, 0xBB, 0xBF}
	bomUTF16LE = []byte{0xFF, 0xFE}
	bomUTF16BE = []byte{0xFE, 0xFF}
	bomUTF32LE = []byte{0xFF, 0xFE, 0, 0}
	bomUTF32BE = []byte{0, 0, 0xFE, 0xFF}
)

// An encodingError says what cannot be decoded, and where.
type encodingError struct {
	offset  int // bytes from the start of the file
	message string
}

func (e *encodingError) Error() string { return fmt.Sprintf("byte %d: %s", e.offset, e.message) }

// toUTF8 returns data as UTF-8 without byte-order mark. A mark is trusted over
// the declaration; where they disagree, note says so.
func toUTF8(data []byte) (text []byte, note string, err error) {
	switch {
	case bytes.HasPrefix(data, bomUTF32LE), bytes.HasPrefix(data, bomUTF32BE):
		return nil, "", &encodingError{0, "the file is UTF-32; save it as UTF-8"}
	case bytes.HasPrefix(data, bomUTF8):
		text, err = asUTF8(data, len(bomUTF8))
		return text, disagreement(text, "utf-8"), err
	case bytes.HasPrefix(data, bomUTF16LE):
		text, err = fromUTF16(data, unicode.LittleEndian, binary.LittleEndian)
		return text, disagreement(text, "utf-16"), err
	case bytes.HasPrefix(data, bomUTF16BE):
		text, err = fromUTF16(data, unicode.BigEndian, binary.BigEndian)
		return text, disagreement(text, "utf-16"), err
	case bytes.HasPrefix(data, []byte("<\x00")), bytes.HasPrefix(data, []byte("\x00<")):
		return nil, "", &encodingError{0, "the file looks like UTF-16 without a byte-order mark; save it as UTF-8"}
	}
	text, err = fromDeclared(data)
	return text, "", err
}

// disagreement says that the declaration names another encoding than the mark.
func disagreement(text []byte, bom string) string {
	m := declaration.FindSubmatch(text)
	if m == nil || strings.HasPrefix(strings.ToLower(string(m[1])), bom) {
		return ""
	}
	return fmt.Sprintf("the file declares encoding %s but its byte-order mark says %s; read as %s", quote(string(m[1])), bom, bom)
}

// fromDeclared decodes a file without a byte-order mark by its declaration.
func fromDeclared(data []byte) ([]byte, error) {
	name, at := "utf-8", 0
	if m := declaration.FindSubmatchIndex(data); m != nil {
		name, at = string(data[m[2]:m[3]]), m[2]
	}
	switch strings.ToLower(name) {
	case "utf-8", "utf8":
		return asUTF8(data, 0)
	case "us-ascii", "ascii":
		if i := bytes.IndexFunc(data, func(r rune) bool { return r >= utf8.RuneSelf }); i >= 0 {
			return nil, &encodingError{i, fmt.Sprintf("not a character of the declared encoding %s; save the file as UTF-8", quote(name))}
		}
		return data, nil
	case "iso-8859-1", "latin1":
		return decode(data, charmap.ISO8859_1)
	case "windows-1252":
		return decode(data, charmap.Windows1252)
	case "utf-16", "utf-16le", "utf-16be":
		return nil, &encodingError{at, fmt.Sprintf("the file declares encoding %s but is not UTF-16; declare utf-8", quote(name))}
	}
	return nil, &encodingError{at, fmt.Sprintf("encoding %s is not read; save the file as UTF-8", quote(name))}
}

// asUTF8 checks the part of data behind a mark of the given length.
func asUTF8(data []byte, mark int) ([]byte, error) {
	text := data[mark:]
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && n == 1 {
			return nil, &encodingError{mark + i, fmt.Sprintf(
				`byte 0x%02X is not UTF-8; save the file as UTF-8, or declare encoding="iso-8859-1" if it is Latin-1`, text[i])}
		}
		i += n
	}
	return text, nil
}

// fromUTF16 decodes UTF-16 after making sure that it is whole: the converter
// would put replacement characters where it is not.
func fromUTF16(data []byte, e unicode.Endianness, order binary.ByteOrder) ([]byte, error) {
	if len(data)%2 != 0 {
		return nil, &encodingError{len(data) - 1, "the file is UTF-16 but ends in half a character"}
	}
	for i := 0; i < len(data); i += 2 {
		if r := rune(order.Uint16(data[i:])); utf16.IsSurrogate(r) {
			if i+4 > len(data) || utf16.DecodeRune(r, rune(order.Uint16(data[i+2:]))) == utf8.RuneError {
				return nil, &encodingError{i, "half of a UTF-16 surrogate pair"}
			}
			i += 2
		}
	}
	return decode(data, unicode.UTF16(e, unicode.ExpectBOM))
}

// decode converts data, every byte of which means something in enc.
func decode(data []byte, enc encoding.Encoding) ([]byte, error) {
	text, err := enc.NewDecoder().Bytes(data)
	if err != nil {
		return nil, &encodingError{0, err.Error()}
	}
	return text, nil
}
