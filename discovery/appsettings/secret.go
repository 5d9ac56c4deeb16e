package appsettings

import (
	"fmt"
	"io"
	"log/slog"
)

const hidden = "[hidden]"

// A Secret is text that does not show itself: formatted, logged or encoded it is
// "[hidden]", or empty if it is. Convert it to string to use it.
type Secret string

// Format writes the same for every verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.shown()) }

// LogValue hides the secret from logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.shown()) }

// MarshalText hides the secret from JSON and other encodings.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.shown()), nil }

func (s Secret) shown() string {
	if s == "" {
		return ""
	}
	return hidden
}
