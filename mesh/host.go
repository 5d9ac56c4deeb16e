package mesh

import (
	"crypto/rand"
	"errors"
	"fmt"
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
		// By default the swarm stops dialling public IPv6 addresses after many failures,
		// which peers that are down cause as well as a machine without IPv6.
		swarm.WithIPv6BlackHoleSuccessCounter(nil),
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
		AddrsFactory:            func(listening []multiaddr.Multiaddr) []multiaddr.Multiaddr { return advertised(o, listening) },
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
