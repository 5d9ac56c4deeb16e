package main

import (
	"fmt"
	"regexp"
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

// A late is the sample of the documentation for AddStackExchangeRedis, which waits for its
// endpoint, and clients of it.
type late struct {
	t       *test
	addr    string
	app     *process // the clients
	started time.Time
}

// listening matches the line that ASP.NET Core logs when it listens.
var listening = regexp.MustCompile(`Now listening on: (http://\S+)`)

// startLate starts the server, and a client. The endpoint comes with finish.
func (t *test) startLate() (*late, error) {
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	sample, err := t.start("dotnet", t.sample, "--urls", "http://127.0.0.1:0", "--Redis", addr)
	if err != nil {
		return nil, err
	}
	if err := sample.await(t.ctx, "Application started"); err != nil {
		return nil, err
	}
	url := listening.FindStringSubmatch(sample.String())
	if url == nil {
		return nil, fmt.Errorf("the sample does not say where it listens:\n%s", sample)
	}
	app, err := t.startApp("late", url[1]+"/chat")
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
