package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/spf13/pflag"
)

// lines prints text for people on stderr, such as "ready: …". With JSON logs it writes
// records of the log instead, so that stderr has nothing but JSON. It may be used
// concurrently.
type lines struct {
	w    io.Writer
	json *slog.Logger // nil: text
}

// say prints a line. With JSON logs, event is the message of the record.
func (l lines) say(event, text string) {
	if l.json != nil {
		l.json.Info(event, "text", text)
		return
	}
	fmt.Fprintln(l.w, text)
}

// problem prints a problem of the settings. With JSON logs, the level depends on whether
// it is a warning or a notice.
func (l lines) problem(warning bool, text string) {
	level, severity := slog.LevelInfo, "notice"
	if warning {
		level, severity = slog.LevelWarn, "warning"
	}
	if l.json != nil {
		l.json.Log(context.Background(), level, text)
		return
	}
	fmt.Fprintf(l.w, "%s: %s\n", severity, text)
}

// fail prints the error that ends the program, with a hint of what to do. hint may be "".
func (l lines) fail(err error, hint string) {
	if l.json != nil {
		log := l.json
		if hint != "" {
			log = log.With("hint", hint)
		}
		log.Error("signalmesh failed", "err", err.Error())
		return
	}
	text := fmt.Sprintf("signalmesh: %v\n", err)
	if hint != "" {
		text += hint + "\n"
	}
	_, _ = io.WriteString(l.w, text)
}

// failureLines returns the lines for the error that ends the program. The flags may not
// have been read when it occurred, so that the format of the logs is looked up in the
// arguments and in the environment.
func failureLines(flags *pflag.FlagSet, args []string, w io.Writer) lines {
	const name = "log-format"
	if flags == nil || flags.Lookup(name) == nil {
		return lines{w: w}
	}
	format := variables(os.Environ())[twin(name)]
	for i, arg := range args {
		if value, ok := strings.CutPrefix(arg, "--"+name+"="); ok {
			format = value
		} else if arg == "--"+name && i+1 < len(args) {
			format = args[i+1]
		}
	}
	if strings.TrimSpace(format) != "json" {
		return lines{w: w}
	}
	return lines{w: w, json: slog.New(slog.NewJSONHandler(w, nil))}
}
