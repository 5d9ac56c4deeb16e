package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"
)

// readable replaces the value of a flag by one that takes what people write, and whose
// errors name the accepted forms. Values of other types stay.
func readable(v pflag.Value) pflag.Value {
	switch v.Type() {
	case "duration":
		return durationValue{v}
	case "bool":
		return boolValue{v}
	case "int":
		return intValue{v}
	case "stringArray":
		if list, ok := v.(sliceValue); ok {
			return listValue{list}
		}
	}
	return v
}

// A durationValue takes the forms of parseDuration.
type durationValue struct{ pflag.Value }

func (v durationValue) Set(text string) error {
	d, err := parseDuration(text)
	if err != nil {
		return err
	}
	return v.Value.Set(d.String())
}

// String writes the duration without units that are zero, such as 2m instead of 2m0s.
func (v durationValue) String() string {
	if v.Value == nil {
		return ""
	}
	d, err := time.ParseDuration(v.Value.String())
	if err != nil {
		return v.Value.String()
	}
	if d == 0 {
		return "0" // the help shows no default then
	}
	return shortDuration(d)
}

// shortDuration writes a duration without units that are zero.
func shortDuration(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// A boolValue takes true and false, and the words that people write for them.
type boolValue struct{ pflag.Value }

func (v boolValue) Set(text string) error {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "true", "t", "1", "yes", "y", "on":
		return v.Value.Set("true")
	case "false", "f", "0", "no", "n", "off":
		return v.Value.Set("false")
	}
	return fmt.Errorf("%q is neither true nor false", text)
}

// An intValue takes a whole number.
type intValue struct{ pflag.Value }

func (v intValue) Set(text string) error {
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil {
		return fmt.Errorf("%q is not a whole number", text)
	}
	return v.Value.Set(strconv.Itoa(n))
}

// A sliceValue is the value of a flag that collects a list.
type sliceValue interface {
	pflag.Value
	pflag.SliceValue
}

// A listValue takes several values separated by commas, on the command line as in a
// variable. Empty ones are left out.
type listValue struct{ sliceValue }

func (v listValue) Set(text string) error {
	for _, item := range strings.Split(text, ",") {
		if item = strings.TrimSpace(item); item == "" {
			continue
		}
		if err := v.sliceValue.Set(item); err != nil {
			return err
		}
	}
	return nil
}

// A sizeValue is a number of bytes.
type sizeValue struct{ bytes *int }

// sizeVar adds a flag for a number of bytes, in the forms of parseSize.
func sizeVar(flags *pflag.FlagSet, p *int, name string, value int, usage string) {
	*p = value
	flags.Var(sizeValue{p}, name, usage)
}

func (v sizeValue) Set(text string) (err error) {
	n, err := parseSize(text)
	if err == nil {
		*v.bytes = n
	}
	return err
}

func (v sizeValue) String() string {
	if v.bytes == nil {
		return ""
	}
	return formatSize(*v.bytes)
}

func (sizeValue) Type() string { return "size" }
