// Package safelog keeps panics of an application's slog.Handler from ending the
// process. Servers log in goroutines that run nothing else of the application.
package safelog

import (
	"context"
	"fmt"
	"log/slog"
)

// New returns a logger that writes to the handler of l and recovers from its panics.
// Handle then returns an error, which package slog ignores. l must not be nil.
func New(l *slog.Logger) *slog.Logger {
	if _, done := l.Handler().(handler); done {
		return l
	}
	return slog.New(handler{orSilent(l.Handler())})
}

// A handler recovers from panics of inner.
type handler struct{ inner slog.Handler }

func (h handler) Enabled(ctx context.Context, level slog.Level) (enabled bool) {
	_ = recovered(func() error { enabled = h.inner.Enabled(ctx, level); return nil })
	return enabled
}

func (h handler) Handle(ctx context.Context, r slog.Record) error {
	return recovered(func() error { return h.inner.Handle(ctx, r) })
}

// WithAttrs returns a handler without attrs if inner panics.
func (h handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	_ = recovered(func() error { h.inner = orSilent(h.inner.WithAttrs(attrs)); return nil })
	return h
}

// WithGroup returns a handler without the group if inner panics.
func (h handler) WithGroup(name string) slog.Handler {
	_ = recovered(func() error { h.inner = orSilent(h.inner.WithGroup(name)); return nil })
	return h
}

// recovered calls f and returns its panic as an error.
func recovered(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("log handler panicked: %T", p)
		}
	}()
	return f()
}

// orSilent returns h, or a handler that discards everything if h is nil.
func orSilent(h slog.Handler) slog.Handler {
	if h == nil {
		return slog.DiscardHandler
	}
	return h
}
