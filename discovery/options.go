package discovery

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/netip"
	"time"

	"github.com/multiformats/go-multiaddr"
)

// DefaultContactTimeout is the value of Options.ContactTimeout if it is zero.
const DefaultContactTimeout = 10 * time.Second

var (
	// ErrSelf is returned by a DialFunc, wrapped or not, if this node itself answers at
	// the address.
	ErrSelf = errors.New("discovery: the address is this node's own")
	// ErrRefused is returned by a DialFunc, wrapped, if a peer answers at the address
	// and the two do not admit each other. The text of the wrapping error is the
	// reason, for an operator.
	ErrRefused = errors.New("discovery: refused")
)

// A DialFunc connects the mesh to the peer at addr and returns its peer ID once the
// peer is a member. addr has an IP address and a TCP port: the Loop resolves names
// itself. ErrSelf and ErrRefused have a meaning to the Loop. A DialFunc must
// return when ctx ends.
type DialFunc func(ctx context.Context, addr multiaddr.Multiaddr) (peerID string, err error)

// A PeersFunc returns how many peers the mesh has now, and a channel that is closed
// when that number may have changed. Each call may return a new channel. A channel
// that was returned must be closed at the next change, even if the call and the
// change are concurrent.
type PeersFunc func() (n int, changed <-chan struct{})

// A Resolver looks up the addresses of a host name. The network is "ip", "ip4" or
// "ip6". *net.Resolver implements it.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Options are the settings of a Loop.
type Options struct {
	// Seeds are dialled in this order, unless Policy.Shuffle is set. Without seeds the
	// Loop dials nothing.
	Seeds  []Seed
	Policy Policy
	// Dial and Peers are required. They are called concurrently.
	Dial  DialFunc
	Peers PeersFunc
	// Resolver looks up the names of seeds. Nil means net.DefaultResolver. A lookup
	// takes Policy.DialTimeout at most.
	Resolver Resolver
	// ContactTimeout bounds the time until Contact returns a verdict, see Verdict.
	// Dials that are still running then continue. Zero means DefaultContactTimeout.
	ContactTimeout time.Duration
	// Rand is the source of jitter and order. Nil means a random one. The Loop uses it
	// from its own goroutine until Close has returned.
	Rand *rand.Rand
	// Logger gets the events that Loop documents. Nil means none.
	Logger *slog.Logger
}

// complete returns o with defaults for its zero fields, or every fault of o.
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
	if o.Resolver == nil {
		o.Resolver = net.DefaultResolver
	}
	if o.ContactTimeout <= 0 {
		o.ContactTimeout = DefaultContactTimeout
	}
	if o.Rand == nil {
		o.Rand = rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o, errors.Join(errs...)
}
