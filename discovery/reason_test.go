package discovery

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestReasonsAreShort(t *testing.T) {
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	for want, err := range map[string]error{
		"connection refused":           fmt.Errorf("dial 127.0.0.1: %w", errors.Join(errors.New("x"), refused)),
		"no such host":                 &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "h"}},
		"no answer within 5s":          fmt.Errorf("dial: %w", context.DeadlineExceeded),
		"wrong cache name":             errors.New("wrong\n  cache name"),
		strings.Repeat("x", 200) + "…": errors.New(strings.Repeat("x", 300)),
	} {
		assert.Equal(t, want, reason(err, 5*time.Second))
	}
}

func TestFailuresAreAPageAtMost(t *testing.T) {
	many := strings.Fields(strings.Repeat("a ", 25))
	assert.Equal(t, strings.Repeat("a; ", 20)+"and 5 more", failures(many))
	assert.Equal(t, "a; a", failures(many[:2]))
	assert.Empty(t, failures(nil))
}
