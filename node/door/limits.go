package door

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"github.com/signalmesh/signalmesh/mesh/admission"
)

// AuthLimits bound the connections that have not authenticated, and those that
// have not finished a TLS handshake. The zero value is the default of each limit.
type AuthLimits struct {
	// Timeout is how long a connection may take to authenticate; its password waits half
	// of it to be verified. Zero means 10 s.
	Timeout time.Duration
	// Commands is how many commands it may send. Zero means 32.
	Commands int
	// Input is how many bytes it may send. Zero means 64 KiB.
	Input int
	// Output is how many bytes of replies may wait for it. Zero means 8 KiB.
	Output int
	// Total, PerAddress and PerSite bound the number of such connections: of all
	// addresses, of one IPv4 address or IPv6 /64, and of one IPv6 /48. At a limit a new
	// connection replaces the oldest silent one; see admission.Lobby. Zero means 256, 64
	// and 128.
	Total, PerAddress, PerSite int
	// Guesses is how many wrong passwords of one address are verified per second at the
	// cost of a key derivation, after the first 10. Right passwords that the Credentials
	// know already never wait. Zero means 4.
	Guesses float64
	// Delay is the longest time that the reply to a wrong password is delayed. Zero
	// means 3 s.
	Delay time.Duration
}

// WithDefaults returns l with the defaults in the place of zeros.
func (l AuthLimits) WithDefaults() AuthLimits {
	l.Timeout = cmp.Or(l.Timeout, 10*time.Second)
	l.Commands = cmp.Or(l.Commands, 32)
	l.Input = cmp.Or(l.Input, 64<<10)
	l.Output = cmp.Or(l.Output, 8<<10)
	l.Total = cmp.Or(l.Total, 256)
	l.PerAddress = cmp.Or(l.PerAddress, 64)
	l.PerSite = cmp.Or(l.PerSite, 128)
	l.Guesses = cmp.Or(l.Guesses, 4)
	l.Delay = cmp.Or(l.Delay, 3*time.Second)
	return l
}

// complete returns l with its zero fields filled in, or every reason it is wrong.
func (l AuthLimits) complete() (AuthLimits, error) {
	l = l.WithDefaults()
	var errs []error
	for _, f := range []struct {
		name  string
		value float64
	}{
		{"Timeout", l.Timeout.Seconds()}, {"Commands", float64(l.Commands)}, {"Input", float64(l.Input)}, {"Output", float64(l.Output)},
		{"Total", float64(l.Total)}, {"PerAddress", float64(l.PerAddress)}, {"PerSite", float64(l.PerSite)},
		{"Guesses", l.Guesses}, {"Delay", l.Delay.Seconds()},
	} {
		if f.value < 0 {
			errs = append(errs, fmt.Errorf("door: BeforeAuth.%s %v is negative", f.name, f.value))
		}
	}
	return l, errors.Join(errs...)
}

// A lobby holds the state of all connections that have not authenticated.
type lobby struct {
	places *admission.Lobby
	turns  *turns
	delays *delays
}

func newLobby(l AuthLimits) lobby {
	return lobby{
		places: admission.NewLobby(admission.LobbyLimits{Total: l.Total, Address: l.PerAddress, Site: l.PerSite}),
		turns:  newTurns(l.Guesses), delays: newDelays(l.Delay),
	}
}

// A preAuth counts the use of the limits by a connection that has not authenticated. Its
// fields belong to the goroutine that reads.
type preAuth struct {
	place    *admission.Place // nil: the connection is trusted
	deadline *time.Timer
	commands int
	input    int
	password bool // it sent a password
	refused  bool // it sent a command that needs a password
}

// enterLobby gives c a place among those that have not authenticated. It reports false
// if there is none.
func (c *conn) enterLobby() bool {
	d := c.door
	c.limits.place = d.lobby.places.Enter(addrOf(c.raw.RemoteAddr()), func() { c.finalize(displaced) })
	if c.limits.place == nil {
		return false
	}
	c.limits.deadline = time.AfterFunc(d.o.BeforeAuth.Timeout, func() { c.finalize(tooLate) })
	return true
}

// leaveLobby ends the limits, because c is trusted or closed.
func (c *conn) leaveLobby() {
	if c.limits.place != nil {
		c.limits.deadline.Stop()
		c.limits.place.Leave()
	}
	c.limits = preAuth{}
}

// takeInput counts input before AUTH. The caller has run the commands in it.
func (c *conn) takeInput(n int) {
	if c.trusted || n == 0 {
		return
	}
	c.limits.place.Spoke()
	if c.limits.input += n; c.limits.input > c.door.o.BeforeAuth.Input {
		c.finalize(tooLong)
	}
}

// takeCommand counts a command before AUTH. It reports false if that was too many.
func (c *conn) takeCommand() bool {
	if c.trusted {
		return true
	}
	if c.limits.commands++; c.limits.commands > c.door.o.BeforeAuth.Commands {
		c.finalize(tooMany)
		return false
	}
	return true
}
