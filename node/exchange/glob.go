package exchange

// Match tells whether text matches pattern as Redis understands it: * and ?, sets
// such as [abc], [^a] and [a-z], and \ before what is meant literally. An
// unfinished set ends with the pattern. It takes time in proportion to the product
// of the lengths at worst.
func Match(pattern, text string) bool {
	star, resume := -1, 0 // where to go on when all else fails: the last *, and what it left
	p, t := 0, 0
	for t < len(text) {
		if p < len(pattern) {
			if pattern[p] == '*' {
				star, resume = p, t
				p++
				continue
			}
			if next, ok := matchOne(pattern, p, text[t]); ok {
				p, t = next, t+1
				continue
			}
		}
		if star < 0 {
			return false
		}
		resume++
		p, t = star+1, resume
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}

// matchOne matches one byte of text with the element of pattern at p, and says where
// the next begins.
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
