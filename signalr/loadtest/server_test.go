//go:build linux

package loadtest_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"runtime"
	"runtime/debug"
	"strconv"
	"syscall"
	"time"

	"github.com/signalmesh/signalmesh/signalr"
)

// keepAlive is shorter than the default, so that a benchmark sees pings.
const keepAlive = 5 * time.Second

// A usage is what the process of the server takes, in bytes, and has taken.
type usage struct {
	Resident   int // VmRSS
	Heap       int // live objects
	Stack      int // stacks of goroutines
	Goroutines int
	CPU        time.Duration // user and system, since it started
}

// greeting is the first line that the server writes; each later one is a usage.
type greeting struct{ Address string }

// What the server may be asked, one word a line.
const (
	askUsage = "usage" // as things are
	askLeast = "least" // after collections, with what is free given to the system
)

// serve runs a server until in ends.
func serve(in io.Reader, out io.Writer) error {
	server, err := signalr.NewServer(signalr.Options{
		Hubs:   []signalr.HubOptions{{Path: "/hub", Hub: hub{}}},
		Limits: signalr.Limits{KeepAlive: keepAlive},
	})
	if err != nil {
		return err
	}
	defer server.Close()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	web := &http.Server{Handler: server}
	go web.Serve(listener) // ends with Close
	defer web.Close()
	answers := json.NewEncoder(out)
	if err := answers.Encode(greeting{listener.Addr().String()}); err != nil {
		return err
	}
	questions := bufio.NewScanner(in)
	for questions.Scan() {
		if questions.Text() == askLeast {
			runtime.GC() // halves stacks that are too large; so does the next
			debug.FreeOSMemory()
		}
		u, err := measure()
		if err != nil {
			return err
		}
		if err := answers.Encode(u); err != nil {
			return err
		}
	}
	return questions.Err()
}

var residentLine = regexp.MustCompile(`(?m)^VmRSS:\s+(\d+) kB$`)

// measure measures this process.
func measure() (usage, error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return usage{}, fmt.Errorf("measure memory: %w; it takes Linux", err)
	}
	match := residentLine.FindSubmatch(status)
	if match == nil {
		return usage{}, fmt.Errorf("measure memory: no VmRSS in /proc/self/status")
	}
	resident, err := strconv.Atoi(string(match[1]))
	if err != nil {
		return usage{}, fmt.Errorf("measure memory: %w", err)
	}
	var times syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &times); err != nil {
		return usage{}, fmt.Errorf("measure time: %w", err)
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return usage{
		Resident:   resident << 10,
		Heap:       int(m.HeapAlloc),
		Stack:      int(m.StackInuse),
		Goroutines: runtime.NumGoroutine(),
		CPU:        time.Duration(times.Utime.Nano() + times.Stime.Nano()),
	}, nil
}
