package main

import (
	"fmt"
	"strings"
	"time"
)

// startApp starts the C# program in a mode that waits, and waits until it has started.
func (t *test) startApp(args ...string) (*process, error) {
	p, err := t.start("dotnet", append([]string{t.app}, args...)...)
	if err != nil {
		return nil, err
	}
	return p, p.await(t.ctx, "started\n")
}

// end lets the C# program continue, and requires texts in its output.
func (t *test) end(p *process, texts ...string) error {
	if err := p.in.Close(); err != nil {
		return err
	}
	select {
	case <-p.ended:
	case <-time.After(2 * patience):
		return fmt.Errorf("the C# program did not end:\n%s", p)
	}
	for _, text := range texts {
		t.steps++
		if !strings.Contains(p.String(), text) {
			return fmt.Errorf("%q is missing from\n%s", text, p)
		}
	}
	return nil
}

// A late is a server with the sample's AddNCache that waits for its endpoint.
type late struct {
	t       *test
	addr    string
	app     *process
	started time.Time
}

// startLate starts the server. Its endpoint comes with finish.
func (t *test) startLate() (*late, error) {
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	app, err := t.startApp("late", addr, "demo")
	return &late{t, addr, app, time.Now()}, err
}

// finish starts the endpoint, and lets the server continue.
func (l *late) finish() error {
	time.Sleep(lateBy - time.Since(l.started))
	if _, err := l.t.startNode(l.addr, nil); err != nil {
		return err
	}
	return l.t.end(l.app, "started before its endpoint: messages arrive")
}
