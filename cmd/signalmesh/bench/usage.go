//go:build linux

package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// A Usage is what a process has taken since it started.
type Usage struct {
	CPU   time.Duration // of all its threads, user and system
	Wrote int64         // bytes, by system calls: to sockets, since these processes write nothing else
}

// usageOf measures another process.
func usageOf(pid int) (u Usage, err error) {
	var t unix.Timespec
	// The clock of another process' CPU time; see clock_getcpuclockid(3).
	if err := unix.ClockGettime(int32(^pid<<3|2), &t); err != nil {
		return u, fmt.Errorf("measure the time of process %d: %w", pid, err)
	}
	u.CPU = time.Duration(t.Nano())
	io, err := os.ReadFile(fmt.Sprintf("/proc/%d/io", pid))
	if err != nil {
		return u, err
	}
	_, rest, ok := strings.Cut(string(io), "wchar: ")
	if !ok {
		return u, fmt.Errorf("/proc/%d/io has no wchar", pid)
	}
	line, _, _ := strings.Cut(rest, "\n")
	u.Wrote, err = strconv.ParseInt(line, 10, 64)
	return u, err
}

func (u Usage) minus(o Usage) Usage { return Usage{u.CPU - o.CPU, u.Wrote - o.Wrote} }
func (u Usage) plus(o Usage) Usage  { return Usage{u.CPU + o.CPU, u.Wrote + o.Wrote} }

// machineBusy is the time that the machine's cores have worked since it started.
func machineBusy() (time.Duration, error) {
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, err
	}
	line, _, _ := bytes.Cut(stat, []byte("\n"))
	fields := strings.Fields(string(line)) // cpu user nice system idle iowait irq softirq steal
	var ticks int64
	for i, f := range fields[1:min(len(fields), 9)] {
		if i == 3 || i == 4 {
			continue
		}
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("read /proc/stat: %w", err)
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond, nil
}
