package diag

import "strconv"

// An Origin is where a value or a problem came from. The zero Origin is a
// built-in default.
type Origin struct {
	// Source is a file name as the caller gave it, or words such as
	// "environment variable NCacheConfiguration__CacheName".
	Source string
	// Line counts from 1. Zero: the source has no lines, or it is all meant.
	Line int
	// Column counts bytes of the line's UTF-8 text from 1. Zero: the whole line.
	Column int
}

// String is "file:line:column" as far as known, or "default".
func (o Origin) String() string {
	if o.Source == "" {
		return "default"
	}
	s := o.Source
	if o.Line > 0 {
		s += ":" + strconv.Itoa(o.Line)
		if o.Column > 0 {
			s += ":" + strconv.Itoa(o.Column)
		}
	}
	return s
}

// IsDefault says that nobody set the value.
func (o Origin) IsDefault() bool { return o == Origin{} }
