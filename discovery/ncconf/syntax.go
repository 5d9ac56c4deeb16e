package ncconf

import (
	"bytes"
	"encoding/xml"
	"errors"
	"regexp"
	"strings"

	"github.com/signalmesh/signalmesh/discovery/diag"
)

// faults tells what encoding/xml means in the operator's words. Its own words are
// not passed on: some of them quote the file, and a password may be what they
// quote.
var faults = []struct{ prefix, message string }{
	{"unexpected EOF", "the file ends in the middle of an element; it is cut off or still being written"},
	{"invalid UTF-8", "a character is not UTF-8; save the file as UTF-8"},
	{"invalid character entity", "a bare & in a value or text; write &amp;"},
	{"unescaped < inside quoted string", "a bare < in a value, or a quote that is never closed; write &lt;"},
	{"unquoted or missing attribute value", `an attribute's value has no quotes; write name="value"`},
	{"attribute name without =", `an attribute without a value, or a quote inside a value; write name="value", and &quot; for a quote`},
	{"expected attribute name", "something that is no attribute stands in a tag"},
	{"expected /> in element", "a / in a tag that is not followed by >"},
	{"invalid sequence \"--\"", "-- inside a comment; XML does not allow it"},
	{"expected element name", "a bare < in text; write &lt;"},
	{"unexpected end element", "an end tag without its start tag"},
	{"illegal character code", "a control character, which XML does not allow"},
	{"invalid XML name", "a name that XML does not allow"},
	{"unescaped ]]>", "]]> in text; XML does not allow it"},
}

// mismatched matches the message for tags that do not pair up.
var mismatched = regexp.MustCompile(`^element <.*> closed by </`)

// placeholderName matches an attribute name="<… that ends the text read so far.
var placeholderName = regexp.MustCompile(`(?i)\sname\s*=\s*["']\s*<[^"'>]{0,80}$`)

// syntax reports what makes the document no XML. start is where the broken token
// begins, end how far the decoder came.
func (w *walker) syntax(err error, start, end int) {
	end = min(max(end, start), len(w.text))
	at := w.at(min(max(end-1, 0), max(len(w.text)-1, 0)))
	message := "not well-formed XML"
	var se *xml.SyntaxError
	switch {
	case errors.As(err, &se):
		message += ": " + fault(se.Msg)
		w.report.truncated = w.report.truncated || strings.HasPrefix(se.Msg, "unexpected EOF")
	case strings.Contains(err.Error(), "unsupported version"):
		message = `only XML 1.0 is read; write <?xml version="1.0" encoding="utf-8"?>`
	}
	if placeholderName.Match(w.text[start:end]) || placeholderName.Match(bytes.TrimRight(w.text[start:end], blanks)) {
		message = `the template was never filled in: <server name="<…"> holds a placeholder; write the server's address`
	}
	w.report.add(diag.Error, at, w.path(), "", message)
}

func fault(msg string) string {
	for _, f := range faults {
		if strings.HasPrefix(msg, f.prefix) {
			return f.message
		}
	}
	if mismatched.MatchString(msg) {
		return "an end tag that does not belong to the element that is open; a start or end tag is missing"
	}
	return "the text at this place cannot be read"
}
