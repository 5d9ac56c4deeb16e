package mesh

import (
	"context"
	"net"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/transport"
	"github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"
)

// A Network makes the connections between peers. Its methods are called like those
// of net.ListenConfig and net.Dialer, may be called concurrently, and fail with the
// same errors; addresses of what they return are of type *net.TCPAddr.
type Network interface {
	Listen(ctx context.Context, network, address string) (net.Listener, error)
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
}

// machine is the network of this machine.
type machine struct {
	net.ListenConfig
	net.Dialer
}

// carrier is libp2p's transport over a given Network. libp2p's own TCP transport
// does the same over that of the machine, and cannot be given a listener.
type carrier struct {
	network Network
	up      transport.Upgrader
	limits  network.ResourceManager
	timeout time.Duration // for connecting, without the handshakes
}

var _ transport.Transport = (*carrier)(nil)

// Dial connects to p at addr.
func (c *carrier) Dial(ctx context.Context, addr multiaddr.Multiaddr, p peer.ID) (_ transport.CapableConn, err error) {
	scope, err := c.limits.OpenConnection(network.DirOutbound, true, addr)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			scope.Done()
		}
	}()
	if err := scope.SetPeer(p); err != nil {
		return nil, err
	}
	conn, err := c.connect(ctx, addr)
	if err != nil {
		return nil, err
	}
	return c.up.Upgrade(ctx, c, conn, network.DirOutbound, p, scope)
}

func (c *carrier) connect(ctx context.Context, addr multiaddr.Multiaddr) (manet.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	tcp, where, err := manet.DialArgs(addr)
	if err != nil {
		return nil, err
	}
	conn, err := c.network.DialContext(ctx, tcp, where)
	if err != nil {
		return nil, err
	}
	return manet.WrapNetConn(conn)
}

// Listen listens at addr.
func (c *carrier) Listen(addr multiaddr.Multiaddr) (transport.Listener, error) {
	tcp, where, err := manet.DialArgs(addr)
	if err != nil {
		return nil, err
	}
	l, err := c.network.Listen(context.Background(), tcp, where)
	if err != nil {
		return nil, err
	}
	wrapped, err := manet.WrapNetListener(l)
	if err != nil {
		return nil, err
	}
	return c.up.UpgradeGatedMaListener(c, c.up.GateMaListener(wrapped)), nil
}

// CanDial tells whether addr is one of TCP.
func (c *carrier) CanDial(addr multiaddr.Multiaddr) bool {
	tcp, _, err := manet.DialArgs(addr)
	return err == nil && (tcp == "tcp4" || tcp == "tcp6")
}

// Protocols names TCP.
func (c *carrier) Protocols() []int { return []int{multiaddr.P_TCP} }

// Proxy says that this is none.
func (c *carrier) Proxy() bool { return false }
