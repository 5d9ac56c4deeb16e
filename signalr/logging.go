package signalr

import (
	"log/slog"
	"os"

	"github.com/signalmesh/signalmesh/signalr/safelog"
)

// newLogger returns the logger that a Server uses for l. A nil l is silent, or, with
// development, writes to stderr.
func newLogger(l *slog.Logger, development bool) *slog.Logger {
	switch {
	case l != nil:
		return safelog.New(l)
	case development:
		return slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	return slog.New(slog.DiscardHandler)
}
