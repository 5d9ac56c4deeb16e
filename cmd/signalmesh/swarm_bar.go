package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/term"

	"github.com/signalmesh/signalmesh/simulations/swarm"
)

// A swarmBar shows how far a swarm has come: a line that is written over on a terminal,
// else a line every barEvery.
type swarmBar struct {
	w        io.Writer
	terminal bool
	told     time.Time
}

func newSwarmBar(w io.Writer) *swarmBar {
	f, ok := w.(*os.File)
	return &swarmBar{w: w, terminal: ok && term.IsTerminal(int(f.Fd())), told: time.Now()}
}

func (b *swarmBar) show(s swarm.Summary) {
	b.line(fmt.Sprintf("%v: %s, %d failed", s.Elapsed.Round(time.Second), count(int(s.Runs), "scenario"), s.Failed))
}

func (b *swarmBar) shrinking(runs int, _ *swarm.Failure) {
	b.line(fmt.Sprintf("making the scenario smaller: %s", count(runs, "run")))
}

func (b *swarmBar) line(text string) {
	switch {
	case b.terminal && time.Since(b.told) >= 100*time.Millisecond:
		b.told = time.Now()
		fmt.Fprintf(b.w, "\r\x1b[K%s", text)
	case !b.terminal && time.Since(b.told) >= barEvery:
		b.told = time.Now()
		fmt.Fprintln(b.w, text)
	}
}

// end clears the line.
func (b *swarmBar) end() {
	if b.terminal {
		fmt.Fprint(b.w, "\r\x1b[K")
	}
}
