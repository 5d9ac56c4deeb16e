package ncconf

import "bytes"

// A mark is where an attribute's name begins in the text of its start tag.
type mark struct {
	offset int
	glued  bool // follows the value before it without a blank
}

const blanks = " \t\r\n"

// marks finds the attributes in the text of a start tag that encoding/xml has
// accepted. That package tells neither the place of an attribute nor whether a
// blank stands before it, which .NET insists on.
func marks(tag []byte) []mark {
	var out []mark
	i := 1 + skip(tag[min(1, len(tag)):], func(c byte) bool { return !isBlank(c) && c != '/' && c != '>' })
	for i < len(tag) {
		n := skip(tag[i:], isBlank)
		i += n
		if i >= len(tag) || tag[i] == '/' || tag[i] == '>' {
			break
		}
		m := mark{offset: i, glued: n == 0}
		open := bytes.IndexAny(tag[i:], `"'`)
		if open < 0 {
			break
		}
		i += open
		end := bytes.IndexByte(tag[i+1:], tag[i])
		if end < 0 {
			break
		}
		i += end + 2
		out = append(out, m)
	}
	return out
}

// skip counts the leading bytes for which f holds.
func skip(b []byte, f func(byte) bool) int {
	n := 0
	for n < len(b) && f(b[n]) {
		n++
	}
	return n
}

func isBlank(c byte) bool { return bytes.IndexByte([]byte(blanks), c) >= 0 }
