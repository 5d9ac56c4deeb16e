package exchange

import "strings"

// Match reports whether text matches pattern as Redis understands it: * and ?, sets
// such as [abc], [^a] and [a-z], and \ before what is meant literally. An
// unfinished set ends with the pattern.
//
// It takes time in proportion to the length of the text, whatever the pattern, for
// each 64 elements between two stars that hold ? or sets; other elements are searched
// for as strings.Index does.
func Match(pattern, text string) bool {
	first, rest, star := cutStar(pattern)
	n, ok := matchHere(first, text)
	if !ok {
		return false
	}
	text = text[n:]
	if !star {
		return text == ""
	}
	for {
		first, rest, star = cutStar(rest)
		if !star {
			return matchEnd(first, text)
		}
		end := find(first, text)
		if end < 0 {
			return false
		}
		text = text[end:]
	}
}

// cutStar cuts a pattern at its first star. star reports whether there is one.
func cutStar(pattern string) (before, after string, star bool) {
	for p := 0; p < len(pattern); {
		if pattern[p] == '*' {
			return pattern[:p], pattern[p+1:], true
		}
		p, _ = matchOne(pattern, p, 0)
	}
	return pattern, "", false
}

// matchHere matches all of a pattern without stars with the beginning of text, and
// returns how many bytes that is: each element is one byte.
func matchHere(pattern, text string) (n int, ok bool) {
	for p := 0; p < len(pattern); n++ {
		if n == len(text) {
			return 0, false
		}
		if p, ok = matchOne(pattern, p, text[n]); !ok {
			return 0, false
		}
	}
	return n, true
}

// matchEnd matches a pattern without stars with the end of text.
func matchEnd(pattern, text string) bool {
	n := 0
	for p := 0; p < len(pattern); n++ {
		p, _ = matchOne(pattern, p, 0)
	}
	if n > len(text) {
		return false
	}
	_, ok := matchHere(pattern, text[len(text)-n:])
	return ok
}

// find returns where the first part of text ends that matches a pattern without stars;
// -1 if there is none.
func find(pattern, text string) int {
	if strings.ContainsAny(pattern, `?[\`) {
		return findSets(pattern, text)
	}
	i := strings.Index(text, pattern)
	if i < 0 {
		return -1
	}
	return i + len(pattern)
}

// findSets is find for any pattern. It is the algorithm Shift-And (Baeza-Yates and
// Gonnet 1992): bit i of a state says that the first i+1 elements match what was read
// last, and one step for each byte of text moves all bits on.
func findSets(pattern, text string) int {
	var accepts [256][]uint64 // by byte: the elements that match it
	n := 0
	for p := 0; p < len(pattern); n++ {
		next := p
		for b := range accepts {
			var ok bool
			if next, ok = matchOne(pattern, p, byte(b)); !ok {
				continue
			}
			for len(accepts[b]) <= n/64 {
				accepts[b] = append(accepts[b], 0)
			}
			accepts[b][n/64] |= 1 << (n % 64)
		}
		p = next
	}
	state := make([]uint64, (n+63)/64)
	for t := range len(text) {
		mask, carry := accepts[text[t]], uint64(1)
		for w, s := range state {
			state[w], carry = s<<1|carry, s>>63
			if w < len(mask) {
				state[w] &= mask[w]
			} else {
				state[w] = 0
			}
		}
		if state[(n-1)/64]>>((n-1)%64)&1 == 1 {
			return t + 1
		}
	}
	return -1
}

// matchOne reports whether a byte matches the element of pattern at p, and returns where
// the next element begins.
func matchOne(pattern string, p int, b byte) (next int, ok bool) {
	switch {
	case pattern[p] == '?':
		return p + 1, true
	case pattern[p] == '[':
		return matchSet(pattern, p+1, b)
	case pattern[p] == '\\' && p+1 < len(pattern):
		p++
	}
	return p + 1, pattern[p] == b
}

func matchSet(pattern string, p int, b byte) (next int, ok bool) {
	not := p < len(pattern) && pattern[p] == '^'
	if not {
		p++
	}
	for ; p < len(pattern) && pattern[p] != ']'; p++ {
		low := pattern[p]
		if low == '\\' && p+1 < len(pattern) {
			p++
			ok = ok || pattern[p] == b
			continue
		}
		high := low
		if p+2 < len(pattern) && pattern[p+1] == '-' {
			high = pattern[p+2]
			p += 2
		}
		ok = ok || min(low, high) <= b && b <= max(low, high)
	}
	return min(p+1, len(pattern)), ok != not
}
