package aspnettest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// maxReply bounds the lengths that a reply may announce.
const maxReply = 32 << 20

// A refusal is an error that Redis replied with.
type refusal string

func (r refusal) Error() string { return string(r) }

// readReply reads one reply of RESP2: a string, an int64, a []byte, a []any, nil or a
// refusal.
func readReply(r *bufio.Reader) (any, error) {
	line, err := r.ReadString('\n')
	if err != nil {
		return nil, err
	}
	if len(line) < 3 || line[len(line)-2] != '\r' {
		return nil, fmt.Errorf("aspnettest: reply %q is no line", line)
	}
	text := line[1 : len(line)-2]
	switch line[0] {
	case '+':
		return text, nil
	case '-':
		return refusal(text), nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n > maxReply {
		return nil, fmt.Errorf("aspnettest: reply %q has no number", line)
	}
	switch {
	case line[0] == ':':
		return n, nil
	case n < 0:
		return nil, nil
	case line[0] == '$':
		b := make([]byte, n+2)
		_, err := io.ReadFull(r, b)
		return b[:n], err
	case line[0] == '*':
		list := make([]any, 0, min(n, 16))
		for range n {
			element, err := readReply(r)
			if err != nil {
				return nil, err
			}
			list = append(list, element)
		}
		return list, nil
	}
	return nil, errors.New("aspnettest: reply of unknown kind " + strconv.Quote(line))
}

// appendCommand appends a command as clients send it.
func appendCommand[T string | []byte](b []byte, args ...T) []byte {
	b = strconv.AppendInt(append(b, '*'), int64(len(args)), 10)
	for _, a := range args {
		b = strconv.AppendInt(append(b, "\r\n$"...), int64(len(a)), 10)
		b = append(append(b, "\r\n"...), a...)
	}
	return append(b, "\r\n"...)
}
