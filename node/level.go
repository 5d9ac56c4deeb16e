package node

import (
	"context"
	"log/slog"
)

// A leveled handler logs from a level of its own on, whatever the level of the
// handler below is.
type leveled struct {
	slog.Handler
	level slog.Level
}

func (h leveled) Enabled(_ context.Context, level slog.Level) bool { return level >= h.level }

func (h leveled) WithAttrs(attrs []slog.Attr) slog.Handler {
	return leveled{h.Handler.WithAttrs(attrs), h.level}
}

func (h leveled) WithGroup(name string) slog.Handler {
	return leveled{h.Handler.WithGroup(name), h.level}
}

// meshLog is the logger of the mesh and the seed loop, with the level that
// enable-client-logs and log-level of client.ncconf ask for.
func (n *Node) meshLog() *slog.Logger {
	if n.settings.meshLevel == nil {
		return n.log
	}
	return slog.New(leveled{n.log.Handler(), *n.settings.meshLevel})
}
