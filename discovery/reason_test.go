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

func TestListsAreCutAndCounted(t *testing.T) {
	many := strings.Fields(strings.Repeat("a ", 25))
	cut := atMost(20, many)
	assert.Equal(t, append(many[:20:20], "and 5 more"), cut)
	assert.Len(t, many, 25)
	assert.Equal(t, []string{"a", "a"}, atMost(20, many[:2]))
	assert.Empty(t, atMost(20, nil))
}
