package signalr

import (
	"context"
	"log/slog"
	"os"
)

// newLogger returns the logger that a Server uses for l. A nil l is silent, or, with
// development, writes to stderr.
func newLogger(l *slog.Logger, development bool) *slog.Logger {
	switch {
	case l != nil:
		return slog.New(safeHandler{l.Handler()})
	case development:
		return slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	return slog.New(slog.DiscardHandler)
}

// A safeHandler recovers from panics of the application's slog.Handler.
type safeHandler struct{ inner slog.Handler }

func (h safeHandler) Enabled(ctx context.Context, level slog.Level) (enabled bool) {
	_ = attempt("Enabled", func() error { enabled = h.inner.Enabled(ctx, level); return nil })
	return enabled
}

func (h safeHandler) Handle(ctx context.Context, r slog.Record) error {
	return attempt("Handle", func() error { return h.inner.Handle(ctx, r) })
}

// WithAttrs returns a handler without attrs if the application's cannot take them.
func (h safeHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	_ = attempt("WithAttrs", func() error { h.inner = orSilent(h.inner.WithAttrs(attrs)); return nil })
	return h
}

func (h safeHandler) WithGroup(name string) slog.Handler {
	_ = attempt("WithGroup", func() error { h.inner = orSilent(h.inner.WithGroup(name)); return nil })
	return h
}

// orSilent returns h, or a handler that is silent if h is nil.
func orSilent(h slog.Handler) slog.Handler {
	if h == nil {
		return slog.DiscardHandler
	}
	return h
}
