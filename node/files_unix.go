//go:build unix

package node

import (
	"errors"
	"math"
	"os"
	"runtime"
	"syscall"
)

// fileLimit returns how many files the process may have open, 0 if there is no limit.
// When a Go program starts, it raises the soft limit to the hard one.
func fileLimit() int {
	var r syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &r); err != nil || uint64(r.Cur) > math.MaxInt32 {
		return 0
	}
	return int(r.Cur)
}

// countFiles returns how many files the process has open. If no file can be opened to
// find out, it returns limit. It returns 0 if the system does not tell.
func countFiles(limit int) int {
	folder := "/dev/fd"
	if runtime.GOOS == "linux" {
		folder = "/proc/self/fd"
	}
	d, err := os.Open(folder)
	if errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) {
		return limit
	}
	if err != nil {
		return 0
	}
	defer d.Close() // read only
	names, err := d.Readdirnames(-1)
	if err != nil {
		return 0
	}
	return len(names) - 1 // without d
}
