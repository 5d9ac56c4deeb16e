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
	width    func() int // of the terminal, in characters; 0: not known
	told     time.Time
}

// barEvery is the time between two lines where there is no terminal.
const barEvery = 10 * time.Second

func newSimBar(w io.Writer, name string) *simBar {
	b := &simBar{w: w, name: name, told: time.Now(), width: func() int { return 0 }}
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		b.terminal = true
		b.width = func() int {
			width, _, _ := term.GetSize(int(f.Fd()))
			return width
		}
	}
	return b
}

// show may be called by another goroutine than newSimBar, but not by two at once.
func (b *simBar) show(p result.Progress) {
	if b.terminal {
		fmt.Fprintf(b.w, "\r\x1b[K%s", fit(b.line(p, bar(p, 24)+" "), b.width()))
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

// fit cuts line to width, if that is known: a line that wraps cannot be written over.
func fit(line string, width int) string {
	if runes := []rune(line); width > 0 && len(runes) >= width {
		return string(runes[:width-1])
	}
	return line
}

// end clears the bar.
func (b *simBar) end() {
	if b.terminal {
		fmt.Fprint(b.w, "\r\x1b[K")
	}
}
