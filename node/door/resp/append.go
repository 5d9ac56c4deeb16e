package resp

import (
	"strconv"
	"strings"
)

// Replies are appended to a buffer. Those that differ between RESP2 and RESP3 take
// the version that the client speaks, 2 or 3.

// AppendSimple appends a simple string, such as OK.
func AppendSimple(dst []byte, s string) []byte {
	return append(append(append(dst, '+'), s...), "\r\n"...)
}

// oneLine makes blanks of what would end a line.
var oneLine = strings.NewReplacer("\r", " ", "\n", " ")

// AppendError appends an error. Text begins with a code, such as ERR. What would end
// the line is made a blank.
func AppendError(dst []byte, text string) []byte {
	text = oneLine.Replace(text)
	return append(append(append(dst, '-'), text...), "\r\n"...)
}

// AppendInt appends a number.
func AppendInt(dst []byte, n int) []byte { return appendLine(dst, ':', n) }

// AppendBulk appends a string of any bytes.
func AppendBulk[T string | []byte](dst []byte, s T) []byte {
	dst = appendLine(dst, '$', len(s))
	return append(append(dst, s...), "\r\n"...)
}

// AppendArray appends the head of an array of n elements.
func AppendArray(dst []byte, n int) []byte { return appendLine(dst, '*', n) }

// AppendPush appends the head of a push of n elements, which is an array in RESP2.
func AppendPush(dst []byte, version, n int) []byte {
	if version < 3 {
		return AppendArray(dst, n)
	}
	return appendLine(dst, '>', n)
}

// AppendMap appends the head of a map of n pairs, which is an array in RESP2.
func AppendMap(dst []byte, version, n int) []byte {
	if version < 3 {
		return AppendArray(dst, 2*n)
	}
	return appendLine(dst, '%', n)
}

// AppendNull appends that there is nothing.
func AppendNull(dst []byte, version int) []byte {
	if version < 3 {
		return append(dst, "$-1\r\n"...)
	}
	return append(dst, "_\r\n"...)
}

// AppendText appends text for people, which is an ordinary string in RESP2.
func AppendText(dst []byte, version int, text string) []byte {
	if version < 3 {
		return AppendBulk(dst, text)
	}
	dst = appendLine(dst, '=', len(text)+4)
	return append(append(append(dst, "txt:"...), text...), "\r\n"...)
}

func appendLine(dst []byte, kind byte, n int) []byte {
	return append(strconv.AppendInt(append(dst, kind), int64(n), 10), "\r\n"...)
}
