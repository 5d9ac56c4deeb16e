package resp_test

import (
	"bytes"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/node/door/resp"
)

var limits = resp.Limits{Arguments: 1 << 10, Bulk: 1 << 16, Command: 1 << 18}

// readAll feeds text in pieces and returns the commands, each argument copied.
func readAll(text []byte, l resp.Limits, piece int) (commands [][]string, err error) {
	r := resp.NewReader()
	r.Trust(l)
	for {
		args, err := r.Next()
		if err != nil {
			return commands, err
		}
		if args == nil {
			if len(text) == 0 {
				return commands, nil
			}
			n := copy(r.Feed(), text[:min(piece, len(text))])
			r.Fed(n)
			text = text[n:]
			continue
		}
		var command []string
		for _, a := range args {
			command = append(command, string(a))
		}
		commands = append(commands, command)
	}
}

func TestCommandsOfAllFormsAreRead(t *testing.T) {
	large := strings.Repeat("x", 1<<16)
	text := "*2\r\n$4\r\nPING\r\n$0\r\n\r\n*0\r\n*-1\r\n\r\nECHO \"a\\x00b\" 'c d'\r\n*1\r\n$" + strconv.Itoa(len(large)) + "\r\n" + large + "\r\nQUIT\n"
	want := [][]string{{"PING", ""}, {"ECHO", "a\x00b", "c d"}, {large}, {"QUIT"}}
	for _, piece := range []int{1, 2, 3, 7, 100, 1 << 20} {
		got, err := readAll([]byte(text), limits, piece)
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
}

func TestLimitsHoldBeforeAnythingIsKept(t *testing.T) {
	small := resp.Limits{Arguments: 2, Bulk: 8, Command: 40}
	for text, fault := range map[string]string{
		"*3\r\n":                              "invalid multibulk length",
		"*1\r\n$9\r\n":                        "invalid bulk length",
		"*2\r\n$8\r\n12345678\r\n$8\r\n":      "",
		"*1\r\n$000000000000000000000001\r\n": "invalid bulk length",
		"a b c\r\n":                           "too big inline request",
	} {
		_, err := readAll([]byte(text), small, 1)
		if fault == "" {
			assert.NoError(t, err)
			continue
		}
		assert.ErrorContains(t, err, fault)
	}
	_, err := readAll([]byte("*2\r\n$8\r\n12345678\r\n$8\r\n"), resp.Limits{Arguments: 2, Bulk: 8, Command: 20}, 1)
	assert.ErrorContains(t, err, "command too large")
}

// What is read does not depend on how it came, stays within the limits, and is read
// again as it was when it is written as clients write.
func FuzzReader(f *testing.F) {
	f.Add([]byte("*2\r\n$4\r\nECHO\r\n$1\r\nx\r\nPING 'a' \"b\\n\"\r\n"), uint8(1))
	f.Add([]byte("*1\r\n$-1\r\n"), uint8(3))
	f.Add([]byte("*1\r\n$3\r\nabcd\r\n"), uint8(2))
	f.Fuzz(func(t *testing.T, text []byte, piece uint8) {
		whole, wholeErr := readAll(text, limits, 1<<20)
		pieces, err := readAll(text, limits, int(piece)+1)
		require.Equal(t, whole, pieces)
		require.Equal(t, wholeErr, err)
		var again []byte
		for _, command := range whole {
			require.LessOrEqual(t, len(command), limits.Arguments)
			again = resp.AppendArray(again, len(command))
			for _, a := range command {
				require.LessOrEqual(t, len(a), limits.Bulk)
				again = resp.AppendBulk(again, a)
			}
		}
		second, err := readAll(again, limits, 1<<20)
		require.NoError(t, err)
		require.Equal(t, whole, second)
	})
}

func TestErrorsStayOnTheirLine(t *testing.T) {
	assert.Equal(t, "-ERR a  b\xff\r\n", string(resp.AppendError(nil, "ERR a\r\nb\xff")))
	assert.True(t, bytes.HasPrefix(resp.AppendText(nil, 3, "x"), []byte("=5\r\ntxt:x")))
}
