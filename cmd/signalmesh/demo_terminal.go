package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/term"
)

// ansi are the terminal's codes of the servers' colours.
var ansi = map[string]string{"blue": "\x1b[94m", "green": "\x1b[32m", "magenta": "\x1b[35m"}

const (
	ansiBold = "\x1b[1m"
	ansiOff  = "\x1b[0m"
)

// colored says whether w is a terminal whose user has nothing against colours
// (https://no-color.org).
func colored(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && os.Getenv("NO_COLOR") == "" && term.IsTerminal(int(f.Fd()))
}

// A terminal is what the demo and all of its servers write to: one at a time.
type terminal struct {
	mu sync.Mutex
	w  io.Writer
}

func (t *terminal) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.w.Write(p)
}

// A tagged writes lines with the number of a server before them. Each Write is
// one line, as slog's handlers make them.
type tagged struct {
	w             io.Writer
	before, after string
}

func (t tagged) Write(line []byte) (int, error) {
	_, err := fmt.Fprintf(t.w, "%s%s%s\n", t.before, strings.TrimSuffix(string(line), "\n"), t.after)
	return len(line), err
}

// demoLoggers makes a logger for each server of the demo, with its number and, if
// color is set, its colour.
func demoLoggers(w io.Writer, color bool) []*slog.Logger {
	var loggers []*slog.Logger
	for i := range demoServers {
		p := place{number: i + 1}
		t := tagged{w: w, before: fmt.Sprintf("[%d] ", p.number)}
		if color {
			t.before, t.after = ansi[p.color()]+t.before, ansiOff
		}
		loggers = append(loggers, slog.New(slog.NewTextHandler(t, &slog.HandlerOptions{ReplaceAttr: brief})))
	}
	return loggers
}

// brief shortens what is logged, so that a line fits a terminal: the demo has one
// application, and nobody types a peer ID.
func brief(groups []string, a slog.Attr) slog.Attr {
	switch {
	case len(groups) > 0:
	case a.Key == slog.TimeKey:
		return slog.String(slog.TimeKey, a.Value.Time().Format("15:04:05.000"))
	case a.Key == slog.LevelKey && a.Value.Any() == slog.LevelInfo, a.Key == "application":
		return slog.Attr{}
	case a.Key == "peer":
		if id := a.Value.String(); len(id) > 8 {
			return slog.String("peer", "…"+id[len(id)-6:])
		}
	}
	return a
}

// banner tells where the servers are, and what can be done with them.
func banner(places []place, files demoFiles, color bool) string {
	paint := func(code, text string) string {
		if !color {
			return text
		}
		return code + text + ansiOff
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n  %s\n\n", paint(ansiBold, "signalmesh demo: three servers, one mesh"))
	for _, p := range places {
		fmt.Fprintf(&b, "    %s   peer %s\n", paint(ansi[p.color()], fmt.Sprintf("%d  %s", p.number, p.url())), p.peer)
	}
	found := "bootstrap addresses, since port 9800 of 127.0.0.1 to 127.0.0.3 is not to be had"
	if files.ncconf != "" {
		found = files.ncconf
	}
	fmt.Fprintf(&b, `
  Open all three in a browser: what is written on one is read on all.
  1, 2 or 3 and Enter stops or starts that server. Ctrl-C ends the demo.
  They found each other through %s.

`, found)
	return b.String()
}

// obeyKeys stops or starts the server whose number is read, until ctx ends.
func obeyKeys(ctx context.Context, stdin io.Reader, f *fleet) {
	lines := make(chan string)
	// It ends with stdin, or when ctx has ended and a line is read. A terminal
	// cannot be told to stop reading, so it is not waited for.
	go func() {
		scanner := bufio.NewScanner(stdin)
		for scanner.Scan() {
			select {
			case lines <- scanner.Text():
			case <-ctx.Done():
				return
			}
		}
	}()
	for {
		select {
		case line := <-lines:
			number, err := strconv.Atoi(strings.TrimSpace(line))
			if err != nil {
				continue
			}
			if m, err := f.member(number); err == nil {
				m.toggle()
			}
		case <-ctx.Done():
			return
		}
	}
}
