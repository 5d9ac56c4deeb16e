package mesh

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"syscall"
	"time"

	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/sec"
	"github.com/libp2p/go-libp2p/core/transport"
	basichost "github.com/libp2p/go-libp2p/p2p/host/basic"
	"github.com/libp2p/go-libp2p/p2p/host/eventbus"
	"github.com/libp2p/go-libp2p/p2p/host/peerstore/pstoremem"
	"github.com/libp2p/go-libp2p/p2p/muxer/yamux"
	"github.com/libp2p/go-libp2p/p2p/net/swarm"
	"github.com/libp2p/go-libp2p/p2p/net/upgrader"
	"github.com/libp2p/go-libp2p/p2p/security/noise"
	"github.com/libp2p/go-libp2p/p2p/transport/tcp"
	"github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"
)

// newHost assembles a libp2p host, which does not listen yet, from the few parts a mesh needs: TCP, the
// secure handshake, yamux and identify. libp2p.New would link QUIC, WebRTC, relay
// and NAT traversal, and limit the peers behind one address to eight.
func newHost(o Options, secure *handshake, g *guard) (*basichost.BasicHost, *swarm.Swarm, error) {
	store, err := pstoremem.NewPeerstore()
	if err != nil {
		return nil, nil, fmt.Errorf("open peerstore: %w", err)
	}
	if err := errors.Join(store.AddPrivKey(secure.self, secure.key), store.AddPubKey(secure.self, secure.key.GetPublic())); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("store identity: %w", err), store.Close())
	}
	bus := eventbus.NewBus()
	sw, err := swarm.NewSwarm(secure.self, store, bus,
		swarm.WithDialTimeout(memberPatience*o.DialTimeout), swarm.WithDialTimeoutLocal(memberPatience*o.DialTimeout),
		swarm.WithDialRanker(swarm.NoDelayDialRanker),
		swarm.WithResourceManager(g), swarm.WithConnectionGater(g))
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("open swarm: %w", err), store.Close())
	}
	if err := addTransport(o, secure, g, sw); err != nil {
		return nil, nil, errors.Join(err, sw.Close(), store.Close())
	}
	h, err := basichost.NewHost(sw, &basichost.HostOpts{
		EventBus:                bus,
		UserAgent:               "signalmesh/" + o.Version,
		AddrsFactory:            advertise(o),
		DisableSignedPeerRecord: true,
	})
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("open host: %w", err), sw.Close(), store.Close())
	}
	return h, sw, nil
}

func addTransport(o Options, secure *handshake, g *guard, sw *swarm.Swarm) error {
	muxers := []upgrader.StreamMuxer{{ID: yamux.ID, Muxer: newMuxer()}}
	up, err := upgrader.New([]sec.SecureTransport{secure}, muxers, nil, g, g)
	if err != nil {
		return fmt.Errorf("make upgrader: %w", err)
	}
	road, err := newTransport(o, &reception{up, secure.guests}, g)
	if err != nil {
		return fmt.Errorf("make TCP transport: %w", err)
	}
	if err := sw.AddTransport(road); err != nil {
		return fmt.Errorf("add TCP transport: %w", err)
	}
	return nil
}

func newTransport(o Options, up transport.Upgrader, g *guard) (transport.Transport, error) {
	if o.Network != nil {
		return &carrier{network: o.Network, up: up, limits: g, timeout: o.DialTimeout}, nil
	}
	// Without SO_REUSEPORT: with it, a second node on the same port would start and
	// take half of the connections instead of being told that the port is in use.
	return tcp.NewTCPTransport(up, nil, nil, tcp.DisableReuseport(), tcp.WithConnectionTimeout(o.DialTimeout))
}

// listenError says what the likely mistakes are in the operator's words.
func listenError(o Options, err error) error {
	addr := o.Listen
	_, where, argErr := manet.DialArgs(addr)
	if argErr != nil {
		where = addr.String()
	}
	// The swarm joins the causes into a text, so listening once more tells them apart.
	l, again := o.network().Listen(context.Background(), "tcp", where)
	switch {
	case again == nil:
		_ = l.Close()
		return fmt.Errorf("listen for peers on %s: %w", where, err)
	case errors.Is(again, syscall.EADDRINUSE):
		return fmt.Errorf("listen for peers on %s: the port is in use; stop what uses it (another node, or an NCache server?) or choose another port for this node", where)
	case errors.Is(again, syscall.EADDRNOTAVAIL):
		return fmt.Errorf("listen for peers on %s: this machine does not have that address", where)
	}
	return fmt.Errorf("listen for peers on %s: %w", where, again)
}

// newMuxer is yamux with timers that fit a LAN: a black-holed connection ends
// after about 8 s instead of 37 s. (Heartbeats make its peer suspect after 3 s.) A
// shorter write timeout ends connections of machines that are merely short of
// CPU, and making them anew takes more of it. Its largest message is one of Noise:
// the default is 17 bytes more, which would travel, encrypted and written, alone.
func newMuxer() *yamux.Transport {
	muxer := *yamux.DefaultTransport
	muxer.KeepAliveInterval = 2 * time.Second
	muxer.ConnectionWriteTimeout = 6 * time.Second
	muxer.MaxMessageSize = noise.MaxPlaintextLength
	muxer.MaxIncomingStreams = 256
	return &muxer
}

// advertise yields the one address that is told to peers.
func advertise(o Options) basichost.AddrsFactory {
	return func(listening []multiaddr.Multiaddr) []multiaddr.Multiaddr {
		if o.Advertise != nil {
			return []multiaddr.Multiaddr{o.Advertise}
		}
		for _, a := range listening {
			if !manet.IsIPLoopback(a) {
				return []multiaddr.Multiaddr{a}
			}
		}
		return listening[:min(1, len(listening))]
	}
}

func identity(o Options) (crypto.PrivKey, peer.ID, error) {
	key := o.Identity
	if key == nil {
		fresh, _, err := crypto.GenerateEd25519Key(rand.Reader)
		if err != nil {
			return nil, "", fmt.Errorf("make identity: %w", err)
		}
		key = fresh
	}
	id, err := peer.IDFromPrivateKey(key)
	if err != nil {
		return nil, "", fmt.Errorf("derive peer ID: %w", err)
	}
	return key, id, nil
}
