package resp

import "strconv"

// splitWords splits an inline command. Words are separated by blanks; "…" may hold
// escapes (\n \r \t \b \a \xHH, else the next byte), '…' only \'. A closing quote ends
// the word. ok is false if quotes do not match.
func splitWords(line []byte) (words [][]byte, ok bool) {
	for i := 0; ; {
		for i < len(line) && blank(line[i]) {
			i++
		}
		if i == len(line) {
			return words, true
		}
		word := []byte{}
		for i < len(line) && !blank(line[i]) {
			quote := line[i]
			if quote != '"' && quote != '\'' {
				word = append(word, quote)
				i++
				continue
			}
			if word, i, ok = quoted(word, line, i+1, quote); !ok {
				return nil, false
			}
			if i < len(line) && !blank(line[i]) {
				return nil, false // something follows the closing quote
			}
		}
		words = append(words, word)
	}
}

// quoted appends what stands in quotes from i on, and says where it goes on.
func quoted(word, line []byte, i int, quote byte) (_ []byte, next int, ok bool) {
	for i < len(line) {
		c := line[i]
		i++
		switch {
		case c == quote:
			return word, i, true
		case c == '\\' && quote == '\'':
			if i < len(line) && line[i] == '\'' {
				c = '\''
				i++
			}
		case c == '\\' && i < len(line):
			c, i = escape(line, i)
		}
		word = append(word, c)
	}
	return nil, i, false
}

// escape is the byte that stands behind a backslash.
func escape(line []byte, i int) (c byte, next int) {
	if line[i] == 'x' && i+2 < len(line) {
		if n, err := strconv.ParseUint(string(line[i+1:i+3]), 16, 8); err == nil {
			return byte(n), i + 3
		}
	}
	switch c := line[i]; c {
	case 'n':
		return '\n', i + 1
	case 'r':
		return '\r', i + 1
	case 't':
		return '\t', i + 1
	case 'b':
		return '\b', i + 1
	case 'a':
		return '\a', i + 1
	default:
		return c, i + 1
	}
}

func blank(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' || c == 0 }
