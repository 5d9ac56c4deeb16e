package resp

import (
	"bytes"
	"fmt"
	"strconv"
)

// Limits bound what a client may make a Reader keep.
type Limits struct {
	Arguments int // of one command, at most 1<<20
	Bulk      int // bytes of one argument
	Command   int // bytes of one command with everything around its arguments
}

// Strangers are the limits for clients that have not proven who they are; those of
// Redis.
var Strangers = Limits{Arguments: 10, Bulk: 16 << 10, Command: 256 << 10}

// maxLine is how long an inline command, or the length of anything, may be.
const maxLine = 64 << 10

// A ProtocolError is what a client sent that is no command. The connection is of
// no use any more.
type ProtocolError struct{ Text string }

func (e *ProtocolError) Error() string { return "Protocol error: " + e.Text }

// A Reader makes commands out of bytes. Make one with NewReader.
type Reader struct {
	limits   Limits
	stranger bool
	buf      []byte
	pos      int  // what is before belongs to commands that were given out
	at       int  // what is before has been looked at
	scanned  int  // what is before holds no end of the line that begins at at
	missing  int  // arguments of the command under way that are still to come
	lined    bool // the command returned last was an inline command
	bulk     int  // length of the next of them; negative: not known yet
	ends     []span
	args     [][]byte
}

// A span is an argument in buf, from pos.
type span struct{ from, to int }

// NewReader returns a Reader for a client that is bound by Strangers until Trust.
func NewReader() *Reader { return &Reader{limits: Strangers, stranger: true, bulk: -1} }

// Trust says that the client has proven who it is, and what it may send now.
func (r *Reader) Trust(l Limits) { r.limits, r.stranger = l, false }

// Distrust takes Trust back.
func (r *Reader) Distrust() { r.limits, r.stranger = Strangers, true }

// Feed returns a buffer to read into; Fed says how much was.
func (r *Reader) Feed() []byte {
	const room = 16 << 10
	if r.pos > 0 {
		n := copy(r.buf, r.buf[r.pos:])
		r.buf = r.buf[:n]
		r.at, r.scanned, r.pos = r.at-r.pos, r.scanned-r.pos, 0
	}
	if len(r.buf) == 0 && cap(r.buf) > 8*room {
		r.buf = nil // one large command is no reason to keep so much
	}
	if free := cap(r.buf) - len(r.buf); free < room/2 {
		r.buf = append(make([]byte, 0, max(room, 2*cap(r.buf))), r.buf...)
	}
	return r.buf[len(r.buf):cap(r.buf)]
}

// Fed says that n bytes have been read into what Feed returned.
func (r *Reader) Fed(n int) { r.buf = r.buf[:len(r.buf)+n] }

// Next returns the next command, or nil if it is not complete. The first argument is
// its name; there is at least one. The slices are valid until the next call of Feed.
// The error is a *ProtocolError.
func (r *Reader) Next() ([][]byte, error) {
	for {
		if r.missing == 0 {
			done, err := r.begin()
			if err != nil || !done {
				return nil, err
			}
		}
		done, err := r.arguments()
		if err != nil || !done {
			return nil, err
		}
		if args := r.finish(); len(args) > 0 {
			return args, nil
		}
	}
}

// Inline reports whether the command that Next returned last was an inline one: a line
// of words instead of an array.
func (r *Reader) Inline() bool { return r.lined }

// begin reads the head of a command, or all of an inline one.
func (r *Reader) begin() (done bool, err error) {
	if r.at == len(r.buf) {
		return false, nil
	}
	r.lined = r.buf[r.at] != '*'
	if r.lined {
		return r.inline()
	}
	line, err := r.line("too big mbulk count string")
	if line == nil || err != nil {
		return false, err
	}
	n, ok := number(line[1:])
	switch {
	case !ok || n > r.limits.Arguments && !r.stranger:
		return false, &ProtocolError{"invalid multibulk length"}
	case n > r.limits.Arguments:
		return false, &ProtocolError{"unauthenticated multibulk length"}
	}
	r.missing = max(0, n)
	return true, nil
}

// arguments reads those that are missing.
func (r *Reader) arguments() (done bool, err error) {
	for r.missing > 0 {
		if r.bulk < 0 {
			if done, err := r.length(); err != nil || !done {
				return false, err
			}
		}
		end := r.at + r.bulk
		if len(r.buf) < end+2 {
			return false, nil
		}
		if r.buf[end] != '\r' || r.buf[end+1] != '\n' {
			return false, &ProtocolError{"bulk not terminated by CRLF"}
		}
		r.ends = append(r.ends, span{r.at - r.pos, end - r.pos})
		r.at, r.scanned, r.bulk = end+2, end+2, -1
		r.missing--
	}
	return true, nil
}

// length reads the length of an argument.
func (r *Reader) length() (done bool, err error) {
	if r.at == len(r.buf) {
		return false, nil
	}
	if c := r.buf[r.at]; c != '$' {
		return false, &ProtocolError{fmt.Sprintf("expected '$', got '%c'", printable(c))}
	}
	line, err := r.line("too big bulk count string")
	if line == nil || err != nil {
		return false, err
	}
	n, ok := number(line[1:])
	switch {
	case !ok || n < 0 || n > r.limits.Bulk && !r.stranger:
		return false, &ProtocolError{"invalid bulk length"}
	case n > r.limits.Bulk:
		return false, &ProtocolError{"unauthenticated bulk length"}
	case r.at-r.pos+n > r.limits.Command:
		return false, &ProtocolError{"command too large"}
	}
	r.bulk = n
	return true, nil
}

// line takes a line without its end, or nil if that is not there yet.
func (r *Reader) line(tooLong string) ([]byte, error) {
	i := bytes.IndexByte(r.buf[r.scanned:], '\n')
	if i < 0 {
		r.scanned = len(r.buf)
		if r.scanned-r.at > maxLine {
			return nil, &ProtocolError{tooLong}
		}
		return nil, nil
	}
	line := r.buf[r.at : r.scanned+i]
	r.scanned += i + 1
	r.at = r.scanned
	return bytes.TrimSuffix(line, []byte("\r")), nil
}

// inline reads a command that is a line of words.
func (r *Reader) inline() (done bool, err error) {
	start := r.at
	line, err := r.line("too big inline request")
	if line == nil || err != nil {
		return false, err
	}
	if len(line) > maxLine {
		return false, &ProtocolError{"too big inline request"}
	}
	words, ok := splitWords(line)
	if !ok {
		return false, &ProtocolError{"unbalanced quotes in request"}
	}
	if len(words) > r.limits.Arguments {
		return false, &ProtocolError{"too big inline request"}
	}
	// Words are shorter than what they are written as, so they fit in its place.
	at := start
	for _, w := range words {
		n := copy(r.buf[at:], w)
		r.ends = append(r.ends, span{at - r.pos, at + n - r.pos})
		at += n
	}
	return true, nil
}

// finish gives the command out.
func (r *Reader) finish() [][]byte {
	r.args = r.args[:0]
	for _, e := range r.ends {
		r.args = append(r.args, r.buf[r.pos+e.from:r.pos+e.to:r.pos+e.to])
	}
	r.pos, r.ends = r.at, r.ends[:0]
	if cap(r.ends) > 1<<12 {
		r.ends = nil
	}
	return r.args
}

// number reads a decimal as Redis writes it: no sign but a minus, no leading zeros.
func number(b []byte) (int, bool) {
	if len(b) == 0 || len(b) > 11 {
		return 0, false
	}
	n, err := strconv.Atoi(string(b))
	return n, err == nil && strconv.Itoa(n) == string(b)
}

func printable(c byte) byte {
	if c < ' ' || c > '~' {
		return ' '
	}
	return c
}
