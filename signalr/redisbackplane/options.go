package redisbackplane

import (
	"cmp"
	"crypto/rand"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Options are the settings of a Backplane.
type Options struct {
	// Address of the Redis server, host:port. Empty means localhost:6379.
	Address string
	// Username and Password for Redis. Empty means none.
	Username, Password string
	// TLS, if not nil, secures the connection.
	TLS *tls.Config
	// ChannelPrefix is put in front of every channel. Applications that share a Redis
	// and have hubs of the same name need different ones.
	ChannelPrefix string

	// MaxMessage bounds a message, in bytes with its channel name. Zero means 16 MiB.
	MaxMessage int
	// OutageTimeout is how long Publish and Subscribe wait for a Redis that is away,
	// if their context lets them. Zero means 5 s, as with ASP.NET Core.
	OutageTimeout time.Duration

	Logger  *slog.Logger          // nil: silent
	Metrics prometheus.Registerer // nil: none
}

// complete returns o with its zero fields filled in, or every reason it is wrong.
func (o Options) complete() (Options, error) {
	o.Address = cmp.Or(o.Address, "localhost:6379")
	o.MaxMessage = cmp.Or(o.MaxMessage, 16<<20)
	o.OutageTimeout = cmp.Or(o.OutageTimeout, 5*time.Second)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	var errs []error
	if o.MaxMessage < 0 || o.MaxMessage > 256<<20 {
		errs = append(errs, fmt.Errorf("redisbackplane: MaxMessage %d is not between 1 and %d", o.MaxMessage, 256<<20))
	}
	if o.OutageTimeout < 0 {
		errs = append(errs, fmt.Errorf("redisbackplane: OutageTimeout %v is negative", o.OutageTimeout))
	}
	return o, errors.Join(errs...)
}

// newName draws a server name in ASP.NET Core's form: machine, underscore, and 32
// hexadecimal digits. The machine's part is cut to 32 bytes.
func newName() string {
	machine, _ := os.Hostname() // without one the rest is unique enough
	machine = strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' {
			return '-'
		}
		return r
	}, machine)
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails: crypto/rand
	return machine[:min(len(machine), 32)] + "_" + hex.EncodeToString(id[:])
}
