package mesh

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"time"

	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/libp2p/go-libp2p/core/sec"
	"github.com/libp2p/go-libp2p/p2p/muxer/yamux"
	"github.com/libp2p/go-libp2p/p2p/net/upgrader"
	"github.com/libp2p/go-libp2p/p2p/security/noise"

	"github.com/signalmesh/signalmesh/mesh/admission"
)

// secureProtocol is what a connection is secured with: Noise, and within it the
// exchange of package admission. The versions of that tell themselves apart.
const secureProtocol protocol.ID = "/signalmesh/noise"

const (
	// lingerTime and lingerBytes bound how long, and for how much, a connection is
	// still read after a refusal, so that the peer hears the reason: closing with
	// unread bytes would take it back.
	lingerTime  = time.Second
	lingerBytes = 4 << 10
	// maxFarewells bounds how many displaced guests are sent the reason at the same time.
	maxFarewells = 32
)

var errBanned = errors.New("mesh: the peer broke the rules and is kept out for a while")

// A handshake secures connections: first Noise, which proves the peer IDs, then the
// admission of the peer. Nothing of libp2p beyond it is reachable for a stranger.
type handshake struct {
	noise    sec.SecureTransport
	any      *noise.SessionTransport // whoever the peer is
	gate     *admission.Gate
	throttle admission.Throttle
	admitted *admitted
	guests   *guests
	refused  *refusals
	key      crypto.PrivKey
	self     peer.ID
	patience time.Duration // for the exchange

	farewells chan struct{} // one element for each displaced guest that is sent the reason
	// welcome tells who is not kept out. That is asked here, too, since the upgrader
	// that asks it closes a connection past what this handshake returned.
	welcome func(peer.ID) bool
}

var _ sec.SecureTransport = (*handshake)(nil)

func newHandshake(o Options) (*handshake, error) {
	key, id, err := identity(o)
	if err != nil {
		return nil, err
	}
	t, err := noise.New(secureProtocol, key, []upgrader.StreamMuxer{{ID: yamux.ID, Muxer: yamux.DefaultTransport}})
	if err != nil {
		return nil, fmt.Errorf("make Noise transport: %w", err)
	}
	unknown, err := t.WithSessionOptions(noise.DisablePeerIDCheck())
	if err != nil {
		return nil, fmt.Errorf("make Noise session: %w", err)
	}
	gate, err := admission.New(admission.Options{Cache: o.Cache, UserID: o.UserID, Password: o.Password, Users: o.Users})
	if err != nil {
		return nil, fmt.Errorf("mesh: credentials: %w", err)
	}
	h := &handshake{
		guests: newGuests(o), farewells: make(chan struct{}, maxFarewells),
		noise: t, any: unknown, gate: gate, admitted: newAdmitted(gate), refused: newRefusals(o.Logger),
		key: key, self: id, patience: memberPatience * o.DialTimeout,
		welcome: func(peer.ID) bool { return true },
	}
	h.guests.displaced = h.logDisplaced
	return h, nil
}

// logDisplaced logs that there are too many guests, once in a while, with the address of
// one of those that hold the most places.
func (h *handshake) logDisplaced(from net.Addr) {
	h.refused.log(from.String(), "everybody", &admission.Refusal{Reason: admission.Busy})
}

// ID is the name by which the two sides agree on this handshake.
func (h *handshake) ID() protocol.ID { return secureProtocol }

// SecureOutbound secures a connection that this node opened to p.
func (h *handshake) SecureOutbound(ctx context.Context, insecure net.Conn, p peer.ID) (sec.SecureConn, error) {
	conn, err := h.noise.SecureOutbound(ctx, insecure, p)
	if err != nil {
		return nil, err
	}
	who, err := h.bounded(ctx, conn, func() (admission.Admitted, error) {
		return h.gate.Initiate(conn, admission.Channel{Initiator: string(h.self), Responder: string(p)})
	})
	if err != nil {
		h.refused.count(err)
		return nil, h.end(conn, err)
	}
	return h.admit(conn, who)
}

// SecureInbound secures a connection that was opened to this node.
func (h *handshake) SecureInbound(ctx context.Context, insecure net.Conn, p peer.ID) (sec.SecureConn, error) {
	g, ok := insecure.(*guest)
	if !ok {
		return nil, fmt.Errorf("mesh: inbound connection of type %T did not pass the reception", insecure)
	}
	ctx, done := g.begin(ctx)
	defer done()
	conn, err := h.noise.SecureInbound(ctx, insecure, p)
	if err != nil {
		return nil, err
	}
	if conn.RemotePeer() == h.self {
		return nil, h.end(conn, ErrSelf)
	}
	who, err := h.bounded(ctx, conn, func() (admission.Admitted, error) { return h.respond(conn, g.place) })
	if errors.Is(err, errDisplaced) {
		return nil, h.farewell(conn)
	}
	if err != nil {
		h.refused.count(err)
		h.refused.log(conn.RemoteAddr().String(), networkOf(conn.RemoteAddr()), err)
		return nil, h.end(conn, err)
	}
	g.leave()
	return h.admit(conn, who)
}

// farewell sends a displaced guest the reason and closes the connection. With
// maxFarewells calls in progress it only closes the connection.
func (h *handshake) farewell(conn sec.SecureConn) error {
	r := &admission.Refusal{Reason: admission.Busy, Wait: time.Second}
	h.refused.count(r)
	select {
	case h.farewells <- struct{}{}:
		defer func() { <-h.farewells }()
	default:
		_ = conn.Close() // r is the error that counts
		return r
	}
	_ = conn.SetDeadline(time.Now().Add(lingerTime))
	return h.end(conn, h.gate.Refuse(conn, r))
}

// respond runs the exchange with a peer that opened conn, unless its address has to
// wait. A peer that was admitted before need not wait because of others at the same
// address. A peer that sends nothing does not enter the throttle.
func (h *handshake) respond(conn sec.SecureConn, place *admission.Place) (who admission.Admitted, err error) {
	p, from, entered := conn.RemotePeer(), addressOf(conn), false
	begin := func() *admission.Refusal {
		place.Spoke()
		if h.admitted.trusts(p) {
			return nil
		}
		r := h.throttle.Enter(time.Now(), from)
		entered = r == nil
		return r
	}
	defer func() {
		if entered {
			h.throttle.Leave(time.Now(), from, failed(err))
		}
	}()
	who, err = h.gate.Respond(conn, admission.Channel{Initiator: string(p), Responder: string(h.self)}, begin)
	if failed(err) {
		h.admitted.distrust(p)
	}
	return who, err
}

// failed tells whether an exchange may have been a guess at a password.
func failed(err error) bool {
	var r *admission.Refusal
	if errors.As(err, &r) {
		return r.Reason == admission.WrongCredentials && !r.ByPeer
	}
	return errors.Is(err, admission.ErrProtocol)
}

// bounded runs the exchange on conn until it ends, ctx does, or patience.
func (h *handshake) bounded(ctx context.Context, conn net.Conn, exchange func() (admission.Admitted, error)) (admission.Admitted, error) {
	ctx, cancel := context.WithTimeout(ctx, h.patience)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	who, err := exchange()
	if !stop() {
		return admission.Admitted{}, fmt.Errorf("admission not finished: %w", context.Cause(ctx))
	}
	return who, err
}

// end closes conn, after the peer has heard why, if it was told.
func (h *handshake) end(conn net.Conn, cause error) error {
	var r *admission.Refusal
	if errors.As(cause, &r) && !r.ByPeer {
		_ = conn.SetDeadline(time.Now().Add(lingerTime))
		_, _ = io.CopyN(io.Discard, conn, lingerBytes)
	}
	_ = conn.Close() // cause is the error that counts
	return cause
}

func (h *handshake) admit(conn sec.SecureConn, who admission.Admitted) (sec.SecureConn, error) {
	if !h.welcome(conn.RemotePeer()) {
		return nil, h.end(conn, errBanned)
	}
	c, err := h.admitted.add(conn, who)
	if err != nil {
		return nil, h.end(conn, err)
	}
	return c, nil
}

// identify runs the Noise handshake on conn with whoever is there, and says who that
// is. The peer waits in vain for a hello.
func (h *handshake) identify(ctx context.Context, conn net.Conn) (peer.ID, error) {
	secured, err := h.any.SecureOutbound(ctx, conn, "")
	if err != nil {
		return "", err
	}
	return secured.RemotePeer(), nil
}

// networkOf is the network of an address, for messages.
func networkOf(a net.Addr) string {
	if tcp, ok := a.(*net.TCPAddr); ok {
		return admission.Network(tcp.AddrPort().Addr()).String()
	}
	return a.String()
}

// addressOf is where the peer is; the zero Addr if that is no IP address.
func addressOf(conn net.Conn) netip.Addr {
	if tcp, ok := conn.RemoteAddr().(*net.TCPAddr); ok {
		return tcp.AddrPort().Addr()
	}
	return netip.Addr{}
}
