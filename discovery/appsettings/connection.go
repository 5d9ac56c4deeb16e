package appsettings

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/signalmesh/signalmesh/discovery/diag"
)

// DefaultPort is the port of a server that is listed without one.
const DefaultPort = 9800

// ConnectionOptions are NCacheConfiguration:ConnectionOptions. What is nil or empty
// is not set, and client.ncconf or the built-in default counts. Durations are whole
// seconds, as they are written.
type ConnectionOptions struct {
	// ServerList replaces the servers of client.ncconf if it is not empty.
	ServerList []ServerAddress
	// ClientBindIP is an address of this host to listen on.
	ClientBindIP string
	LoadBalance  *bool
	// ConnectionRetries is positive.
	ConnectionRetries *int
	// ConnectionTimeout and ClientRequestTimeOut are positive.
	ConnectionTimeout    *int
	RetryInterval        *int
	RetryConnectionDelay *int
	ClientRequestTimeOut *int
	AppName              string
	EnableClientLogs     *bool
	// LogLevel is "info", "error" or "debug".
	LogLevel string
}

// A ServerAddress is an entry of ServerList.
type ServerAddress struct {
	// Name is an IP address or host name as it is written.
	Name string
	// Port is 1 to 65535.
	Port int
	// Origin is where the name was read.
	Origin diag.Origin
}

// connectionOptions reads the options of the section c. They also count directly
// below it, as one vendor page has them, but less.
func (c *Config) connectionOptions() (ConnectionOptions, diag.Problems) {
	var o ConnectionOptions
	if len(c.keys) == 0 {
		return o, nil
	}
	problems := c.Bind(&o)
	inner := c.Section("ConnectionOptions")
	problems = append(problems, inner.Bind(&o)...)
	k := checker{outer: c, inner: inner}
	k.seconds("ConnectionTimeout", &o.ConnectionTimeout, 1)
	k.seconds("ClientRequestTimeOut", &o.ClientRequestTimeOut, 1)
	k.seconds("RetryInterval", &o.RetryInterval, 0)
	k.seconds("RetryConnectionDelay", &o.RetryConnectionDelay, 0)
	k.seconds("ConnectionRetries", &o.ConnectionRetries, 1)
	k.logLevel(&o.LogLevel)
	k.servers(o.ServerList)
	return o, append(problems, k.problems...)
}

// A checker holds options to their ranges.
type checker struct {
	outer, inner *Config
	problems     diag.Problems
}

// entry is where an option was read from.
func (k *checker) entry(key string) Entry {
	if e, ok := k.inner.Lookup(key); ok && !e.Null {
		return e
	}
	e, _ := k.outer.Lookup(key)
	return e
}

// seconds unsets a number that is out of range. NCache's API ignores such numbers
// without a word.
func (k *checker) seconds(key string, v **int, least int) {
	if *v == nil || **v >= least && **v <= math.MaxInt32 {
		return
	}
	k.warn(k.entry(key), fmt.Sprintf("%d is not in the range from %d; it is ignored", **v, least))
	*v = nil
}

func (k *checker) logLevel(v *string) {
	*v = strings.ToLower(strings.TrimSpace(*v))
	switch *v {
	case "", "info", "error", "debug":
		return
	}
	e := k.entry("LogLevel")
	k.warn(e, quote(e.Value)+` is not "Info", "Error" or "Debug"; it is ignored`)
	*v = ""
}

// servers checks the list and fills in the ports that are not given.
func (k *checker) servers(list []ServerAddress) {
	section := k.inner.Section("ServerList")
	if len(section.keys) == 0 {
		section = k.outer.Section("ServerList")
	}
	for i, name := range section.Children() {
		if i >= len(list) {
			break
		}
		s, entry := &list[i], section.Section(name)
		s.Name = strings.TrimSpace(s.Name)
		s.Origin = entry.first()
		if e, ok := entry.Lookup("Name"); ok {
			s.Origin = e.Origin
		}
		if s.Name == "" {
			k.fail(entry.path, entry.first(), `a server without a Name; write { "Name": "10.0.0.1" }`)
		}
		port, given := entry.Lookup("Port")
		switch {
		case !given || port.Null:
			s.Port = DefaultPort
		case !isNumber(port.Value): // told by Bind
		case s.Port < 1 || s.Port > 65535:
			k.fail(port.Key, port.Origin, quote(port.Value)+" is no TCP port; expected 1 to 65535")
		}
	}
}

func isNumber(s string) bool {
	_, err := strconv.Atoi(strings.TrimSpace(s))
	return err == nil
}

// first is the place of the section's first value, or of its own.
func (c *Config) first() diag.Origin {
	if len(c.keys) > 0 {
		return c.entries[c.keys[0]].Origin
	}
	e, _ := c.value()
	return e.Origin
}

func (k *checker) warn(e Entry, message string) {
	k.problems = append(k.problems, diag.Problem{Severity: diag.Warning, At: e.Origin, Path: e.Key, Message: e.Key + ": " + message})
}

func (k *checker) fail(path string, at diag.Origin, message string) {
	k.problems = append(k.problems, diag.Problem{Severity: diag.Error, At: at, Path: path, Message: path + ": " + message})
}
