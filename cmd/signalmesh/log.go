package main

import (
	"fmt"
	"io"
	"log/slog"

	"github.com/libp2p/go-libp2p/gologshim"
	"github.com/spf13/pflag"
)

// logFlags say what is logged, and how.
type logFlags struct {
	level  string
	format string
}

func (f *logFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.level, "log-level", "info", "what is logged on stderr: debug, info, warn or error")
	flags.StringVar(&f.format, "log-format", "text", "text or json")
}

// logger makes the program's logger, and has libp2p use it for its errors only:
// what libp2p warns of is a matter of the network, which the mesh tells itself.
func (f *logFlags) logger(w io.Writer) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(f.level)); err != nil {
		return nil, fmt.Errorf("--log-level %q: choose debug, info, warn or error", f.level)
	}
	handler := func(level slog.Level) slog.Handler {
		if f.format == "json" {
			return slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level})
		}
		return slog.NewTextHandler(w, &slog.HandlerOptions{Level: level})
	}
	if f.format != "json" && f.format != "text" {
		return nil, fmt.Errorf("--log-format %q: choose text or json", f.format)
	}
	libp2p := slog.LevelError + 4 // nothing, unless debugging
	if level == slog.LevelDebug {
		libp2p = slog.LevelDebug
	}
	gologshim.SetDefaultHandler(handler(libp2p))
	logger := slog.New(handler(level))
	slog.SetDefault(logger) // what the packages of others log, also with package log
	return logger, nil
}

// lines returns the lines for people that belong to the logger.
func (f *logFlags) lines(w io.Writer, logger *slog.Logger) lines {
	if f.format == "json" {
		return lines{w: w, json: logger}
	}
	return lines{w: w}
}
