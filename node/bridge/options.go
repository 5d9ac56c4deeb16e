package bridge

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/rueidis"

	"github.com/signalmesh/signalmesh/node/exchange"
)

// A Plane is the mesh below: a backplane that, besides, tells what others subscribe
// to. A mesh.Topic is one.
type Plane interface {
	exchange.Backplane
	// Follow tells f every channel that other servers are subscribed to, and then each
	// that the first of them subscribes to or the last one does not any more.
	Follow(f func(channel string, wanted bool)) (stop func())
}

// Options say what a Bridge connects.
type Options struct {
	// Plane is the mesh. Required; not closed.
	Plane Plane
	// Redis is the old Redis, as ParseURL takes it. Empty means that this node does not
	// bridge, and asks those that do.
	Redis string
	// Application is what tells the meshes that bridge to one Redis apart. All nodes of
	// a mesh must have the same.
	Application string

	// Patience is how long a publisher or subscriber waits for the node that bridges.
	// Zero means 1 s.
	Patience time.Duration
	// Queue is how many bytes may wait in each direction; what is beyond is dropped and
	// counted. Zero means 32 MiB, which is what Redis keeps for a slow subscriber.
	Queue int

	Logger  *slog.Logger          // nil: silent
	Metrics prometheus.Registerer // nil: none
}

// complete returns o with its zero fields filled in, or every reason it is wrong.
func (o Options) complete() (Options, error) {
	o.Patience = cmp.Or(o.Patience, time.Second)
	o.Queue = cmp.Or(o.Queue, 32<<20)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	var errs []error
	if o.Plane == nil {
		errs = append(errs, errors.New("bridge: Plane is required"))
	}
	if o.Redis != "" {
		_, err := ParseURL(o.Redis)
		errs = append(errs, err)
	}
	if o.Patience < 0 || o.Queue < 0 {
		errs = append(errs, fmt.Errorf("bridge: Patience %v or Queue %d is negative", o.Patience, o.Queue))
	}
	return o, errors.Join(errs...)
}

// An Address is where a Redis is and how to get in.
type Address struct {
	option rueidis.ClientOption
}

// String is the host and port, without secrets.
func (a Address) String() string { return a.option.InitAddress[0] }

// ParseURL reads redis://user:password@host:port, all but the host optional, or with
// rediss:// for TLS. Its error does not repeat the text, which may hold a password.
func ParseURL(text string) (Address, error) {
	option, err := rueidis.ParseURL(text)
	switch {
	case err != nil || len(option.InitAddress) != 1 || option.DialCtxFn != nil:
		return Address{}, errors.New("the old Redis is not given as redis://user:password@host:port (or rediss:// with TLS); user, password and port may be left out")
	case option.SelectDB != 0:
		return Address{}, fmt.Errorf("the old Redis is given with database %d; publish and subscribe know no databases: leave it out", option.SelectDB)
	}
	return Address{option}, nil
}

// client is how the bridge connects.
func (a Address) client(name string) rueidis.ClientOption {
	o := a.option
	o.ForceSingleClient, o.DisableCache, o.DisableRetry = true, true, true
	o.PipelineMultiplex = -1 // one connection, besides that for messages
	o.ClientName = name
	o.ConnWriteTimeout = commandTimeout
	o.Dialer.Timeout = dialTimeout
	o.Dialer.KeepAlive = time.Second
	return o
}

// How long Redis may take to answer, and to be connected to, before it counts as away.
const (
	commandTimeout = 5 * time.Second
	dialTimeout    = 2 * time.Second
)
