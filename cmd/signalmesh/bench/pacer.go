//go:build linux

package main

import (
	"context"
	"runtime"

	"golang.org/x/sys/unix"
)

// A schedule is when messages are due: open loop, whatever becomes of them.
type schedule struct {
	begin, end int64 // nanoseconds
	interval   float64
	phase      float64 // in intervals: servers do not all send at the same time
}

func (s schedule) due(k int) int64 { return s.begin + int64((float64(k)+s.phase)*s.interval) }

// pace hands out the times at which messages are due, when they are due. It never
// waits for who takes them: due has room for all. It has a thread of its own, since
// the runtime's timers are a millisecond wide.
func pace(ctx context.Context, s schedule, due chan<- int64) {
	defer close(due)
	runtime.LockOSThread() // for the timer slack, which is the thread's
	defer runtime.UnlockOSThread()
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0) // else it is late by 50 µs
	for k := 0; ; k++ {
		t := s.due(k)
		if t >= s.end || ctx.Err() != nil {
			return
		}
		for wait := t - now(); wait > 0; wait = t - now() {
			pause := unix.NsecToTimespec(wait)
			_ = unix.Nanosleep(&pause, nil) // interrupted: look again
		}
		due <- t
	}
}

// room is how many messages may become due.
func (s schedule) room() int { return int(float64(s.end-s.begin)/s.interval) + 2 }
