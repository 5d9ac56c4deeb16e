package mesh

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"net"
	"strings"

	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/sec"
	"github.com/libp2p/go-libp2p/p2p/muxer/yamux"
	"github.com/libp2p/go-libp2p/p2p/net/upgrader"
	"github.com/libp2p/go-libp2p/p2p/security/noise"
	"golang.org/x/crypto/argon2"
)

// A handshake secures connections with Noise. Cache name and credentials are the
// prologue of the Noise handshake, which succeeds only if both sides have the
// same: nothing of libp2p beyond it is reachable for a stranger. The credentials
// are not on the wire, in any form.
type handshake struct {
	sec.SecureTransport // for peers whose ID is known
	any                 sec.SecureTransport
	key                 crypto.PrivKey
	self                peer.ID
}

func newHandshake(o Options) (*handshake, error) {
	key, id, err := identity(o)
	if err != nil {
		return nil, err
	}
	t, err := noise.New(noise.ID, key, []upgrader.StreamMuxer{{ID: yamux.ID, Muxer: yamux.DefaultTransport}})
	if err != nil {
		return nil, fmt.Errorf("make Noise transport: %w", err)
	}
	p := noise.Prologue(prologue(o))
	known, err := t.WithSessionOptions(p)
	if err != nil {
		return nil, fmt.Errorf("make Noise session: %w", err)
	}
	unknown, err := t.WithSessionOptions(p, noise.DisablePeerIDCheck())
	if err != nil {
		return nil, fmt.Errorf("make Noise session: %w", err)
	}
	return &handshake{SecureTransport: known, any: unknown, key: key, self: id}, nil
}

// prologue is what both sides of a handshake must have in common. Guessing a
// password from a recorded handshake costs one Argon2id (RFC 9106) a guess.
func prologue(o Options) []byte {
	cache := strings.ToLower(o.Cache)
	var secret []byte
	if o.Password != "" {
		salt := sha256.Sum256([]byte("signalmesh/1 " + cache + "\x00" + o.UserID))
		secret = argon2.IDKey([]byte(o.Password), salt[:], 2, 19<<10, 1, 32)
	}
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("signalmesh/1 " + cache))
	return mac.Sum(nil)
}

// identify runs the handshake on conn with whoever is there, and says who it is.
func (h *handshake) identify(ctx context.Context, conn net.Conn) (peer.ID, error) {
	secured, err := h.any.SecureOutbound(ctx, conn, "")
	if err != nil {
		return "", err
	}
	return secured.RemotePeer(), nil
}
