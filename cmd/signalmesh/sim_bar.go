package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/signalmesh/signalmesh/simulations/result"
)

// A simBar shows how far a simulation has come: a bar on a terminal, else a line now
// and then.
type simBar struct {
	w        io.Writer
	name     string
	terminal bool
	told     time.Time
}

// barEvery is the time between two lines where there is no terminal.
const barEvery = 10 * time.Second

func newSimBar(w io.Writer, name string) *simBar {
	f, ok := w.(*os.File)
	return &simBar{w: w, name: name, terminal: ok && term.IsTerminal(int(f.Fd())), told: time.Now()}
}

// show may be called by another goroutine than newSimBar, but not by two at once.
func (b *simBar) show(p result.Progress) {
	if b.terminal {
		fmt.Fprintf(b.w, "\r\x1b[K%s", b.line(p, bar(p, 24)+" "))
		return
	}
	if time.Since(b.told) >= barEvery {
		b.told = time.Now()
		fmt.Fprintln(b.w, b.line(p, ""))
	}
}

func (b *simBar) line(p result.Progress, bar string) string {
	speed, digits := p.Virtual.Seconds()/max(p.Wall.Seconds(), 0.001), 1
	if speed < 0.1 {
		digits = 3
	}
	return fmt.Sprintf("%s %s%v of %v, %.*fx, %d published, %d delivered",
		b.name, bar, p.Virtual.Truncate(100*time.Millisecond), p.Of, digits, speed, p.Published, p.Delivered)
}

func bar(p result.Progress, width int) string {
	done := 0
	if p.Of > 0 {
		done = min(width, int(float64(width)*p.Virtual.Seconds()/p.Of.Seconds()))
	}
	return "[" + strings.Repeat("=", done) + strings.Repeat(" ", width-done) + "]"
}

// end clears the bar.
func (b *simBar) end() {
	if b.terminal {
		fmt.Fprint(b.w, "\r\x1b[K")
	}
}
