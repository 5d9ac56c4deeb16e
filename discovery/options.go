package discovery

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"

	"github.com/multiformats/go-multiaddr"
)

// ErrSelf is what a DialFunc returns, wrapped or not, for an address at which this
// very node answers.
var ErrSelf = errors.New("discovery: the address is this node's own")

// A DialFunc connects the mesh to whoever answers at addr and returns its peer ID.
// ErrSelf drops the address from the list. It must return when ctx ends.
type DialFunc func(ctx context.Context, addr multiaddr.Multiaddr) (peerID string, err error)

// A PeersFunc tells how many peers the mesh has now. The channel is closed when
// that number may have become another; each call may return a new channel, and a
// channel returned once must be closed at the next change, even if the call and
// the change are concurrent.
type PeersFunc func() (n int, changed <-chan struct{})

// Options say what a Loop dials, and how.
type Options struct {
	// Seeds are dialled in this order, unless the Policy shuffles. None: the Loop
	// has nothing to do.
	Seeds  []Seed
	Policy Policy
	// Dial and Peers must be given. They are called from one goroutine.
	Dial  DialFunc
	Peers PeersFunc
	// Rand is the source of jitter and order. Nil means a random one. The Loop uses
	// it from its own goroutine until Close has returned.
	Rand *rand.Rand
	// Logger takes few lines: see Loop. Nil means none.
	Logger *slog.Logger
}

// complete returns o with its zero fields filled in, or every reason it is wrong.
func (o Options) complete() (Options, error) {
	var errs []error
	if o.Dial == nil {
		errs = append(errs, errors.New("option Dial is nil"))
	}
	if o.Peers == nil {
		errs = append(errs, errors.New("option Peers is nil"))
	}
	for i, s := range o.Seeds {
		if len(s.Addrs) == 0 {
			errs = append(errs, fmt.Errorf("option Seeds[%d] has no address", i))
		}
	}
	o.Policy = o.Policy.complete()
	if o.Rand == nil {
		o.Rand = rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o, errors.Join(errs...)
}
