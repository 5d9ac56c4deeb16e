package safelog_test

import (
	"bytes"
	"context"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/signalmesh/signalmesh/signalr/safelog"
)

// A bad handler panics in the method named.
type bad struct {
	slog.Handler
	in string
}

func (b bad) Enabled(ctx context.Context, level slog.Level) bool {
	b.panics("Enabled")
	return b.Handler.Enabled(ctx, level)
}

func (b bad) Handle(ctx context.Context, r slog.Record) error {
	b.panics("Handle")
	return b.Handler.Handle(ctx, r)
}

func (b bad) WithAttrs(attrs []slog.Attr) slog.Handler {
	b.panics("WithAttrs")
	return bad{b.Handler.WithAttrs(attrs), b.in}
}

func (b bad) WithGroup(name string) slog.Handler {
	b.panics("WithGroup")
	return bad{b.Handler.WithGroup(name), b.in}
}

func (b bad) panics(method string) {
	if b.in == method {
		panic(method)
	}
}

func TestPanicsOfAHandlerEndInIt(t *testing.T) {
	for in, want := range map[string]string{
		"": "level=INFO msg=x g.a=1\n", "Enabled": "", "Handle": "", "WithAttrs": "level=INFO msg=x\n", "WithGroup": "level=INFO msg=x a=1\n",
	} {
		var out bytes.Buffer
		text := slog.NewTextHandler(&out, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		}})
		safelog.New(slog.New(bad{text, in})).WithGroup("g").With("a", 1).Info("x")
		assert.Equal(t, want, out.String(), in)
	}
	safelog.New(new(slog.Logger)).Info("a logger without a handler")
	once := safelog.New(slog.Default())
	assert.Same(t, once, safelog.New(once))
}
