package mesh

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/sec"
	"github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/mesh/admission"
)

// connectFrom opens a TCP connection to m from a loopback address and sends nothing.
func connectFrom(t testing.TB, m *Mesh, source string) net.Conn {
	_, where, err := manet.DialArgs(m.Addrs()[0])
	require.NoError(t, err)
	conn, err := (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(source)}}).DialContext(t.Context(), "tcp", where)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() }) // it may be closed already
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(20*time.Second)))
	return conn
}

// value is a metric of m by name and label; zero if there is none.
func value(t testing.TB, registry *prometheus.Registry, name, label string) (sum float64) {
	families, err := registry.Gather()
	require.NoError(t, err)
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == name && (len(m.GetLabel()) == 0 || m.GetLabel()[0].GetValue() == label) {
				sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	return sum
}

// Silent connections, from other addresses or from the address of the peer, do not delay
// its admission.
func TestSilentConnectionsKeepNoPeerOut(t *testing.T) {
	for name, source := range map[string]func(i int) string{
		"other addresses":  func(i int) string { return fmt.Sprintf("127.0.1.%d", 1+i%16) },
		"the same address": func(int) string { return "127.0.0.1" },
	} {
		t.Run(name, func(t *testing.T) {
			registry := prometheus.NewRegistry()
			home, log := openAs(t, "hub", func(o *Options) {
				o.Unadmitted, o.Metrics = admission.LobbyLimits{Total: 20, Address: 4}, registry
				o.AdmissionTimeout = time.Minute
			})
			var silent []net.Conn
			for i := range 100 {
				silent = append(silent, connectFrom(t, home, source(i)))
			}
			_, err := io.Copy(io.Discard, silent[0])
			assert.NotErrorIs(t, err, os.ErrDeadlineExceeded, "the oldest had to go")
			assert.LessOrEqual(t, value(t, registry, "signalmesh_mesh_unadmitted_connections", ""), 20.0)
			for range 3 {
				peer, _ := openAs(t, "hub")
				begun := time.Now()
				_, err := peer.Dial(t.Context(), home.Addrs()[0])
				require.NoError(t, err)
				assert.Less(t, time.Since(begun), 4*time.Second)
			}
			assert.GreaterOrEqual(t, value(t, registry, "signalmesh_mesh_unadmitted_ended_total", "displaced"), 80.0)
			assert.Equal(t, 1, strings.Count(log.String(), "too many connections are not admitted yet"), "one line a minute")
		})
	}
}

// A connection that is not admitted in time is closed in every state of the handshake.
func TestPeersAreAdmittedInTimeOrNotAtAll(t *testing.T) {
	registry := prometheus.NewRegistry()
	home, _ := openAs(t, "hub", func(o *Options) { o.AdmissionTimeout, o.Metrics = 100*time.Millisecond, registry })
	raw := connectFrom(t, home, "127.0.0.1")
	secured := knock(t, home)
	hello := knock(t, home)
	_, err := hello.conn.Write([]byte{0, 8, 1}) // the beginning of a message
	require.NoError(t, err)
	for _, conn := range []net.Conn{raw, secured.conn, hello.conn} {
		begun := time.Now()
		_, err = io.Copy(io.Discard, conn)
		assert.NotErrorIs(t, err, os.ErrDeadlineExceeded)
		assert.Less(t, time.Since(begun), 10*time.Second)
	}
	require.Eventually(t, func() bool { return value(t, registry, "signalmesh_mesh_unadmitted_connections", "") == 0 }, 20*time.Second, time.Millisecond)
	peer, _ := openAs(t, "hub", func(o *Options) { o.AdmissionTimeout = 10 * time.Second })
	require.Eventually(t, func() bool { _, err := peer.Dial(t.Context(), home.Addrs()[0]); return err == nil }, 20*time.Second, time.Millisecond)
	_, err = io.Copy(io.Discard, connectFrom(t, home, "127.0.0.1"))
	assert.NotErrorIs(t, err, os.ErrDeadlineExceeded, "the timeout of a later connection has passed")
	assert.True(t, peer.connected(home.host.ID()), "an admitted connection has no such limit")
}

// secured tells when the Noise handshake of an inbound connection has ended.
type secured struct {
	sec.SecureTransport
	ended chan struct{}
}

func (s secured) SecureInbound(ctx context.Context, insecure net.Conn, p peer.ID) (sec.SecureConn, error) {
	conn, err := s.SecureTransport.SecureInbound(ctx, insecure, p)
	s.ended <- struct{}{}
	return conn, err
}

// A peer that is displaced after its Noise handshake gets the reason Busy. Before the
// node has read the last message of that handshake, it cannot tell the peer anything.
func TestTheRefusalOfADisplacedPeerIsTrue(t *testing.T) {
	home, _ := openAs(t, "hub", func(o *Options) { o.Unadmitted, o.AdmissionTimeout = admission.LobbyLimits{Address: 1}, time.Minute })
	ended := make(chan struct{}, 1)
	home.secure.noise = secured{home.secure.noise, ended}
	first := knock(t, home)
	<-ended
	connectFrom(t, home, "127.0.0.1")
	gate, err := admission.New(admission.Options{Cache: "demo", UserID: "hub", Password: "s3cret of hub"})
	require.NoError(t, err)
	err = first.guess(home, gate)
	var refused *admission.Refusal
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, admission.Busy, refused.Reason)
	assert.EqualError(t, err, "refused us: it has too many connections that are not admitted yet; wait a second. Its log names the addresses that hold them")
	assert.EqualValues(t, 1, home.secure.refused.counted(admission.Busy))
}

// Refusals for other reasons than the password do not slow an address.
func TestAnotherCacheIsNoGuess(t *testing.T) {
	home, _ := openAs(t, "hub")
	for range 12 {
		other, err := admission.New(admission.Options{Cache: "other", UserID: "hub", Password: "s3cret of hub"})
		require.NoError(t, err)
		var refused *admission.Refusal
		require.ErrorAs(t, knock(t, home).guess(home, other), &refused)
		require.Equal(t, admission.WrongCache, refused.Reason)
		none, err := admission.New(admission.Options{Cache: "demo"})
		require.NoError(t, err)
		require.ErrorAs(t, knock(t, home).guess(home, none), &refused)
		require.Equal(t, admission.WrongCredentials, refused.Reason)
	}
	peer, _ := openAs(t, "hub")
	_, err := peer.Dial(t.Context(), home.Addrs()[0])
	assert.NoError(t, err)
}

func TestWrongAdmissionLimitsAreNamed(t *testing.T) {
	_, err := New(Options{Cache: "demo", Listen: []multiaddr.Multiaddr{multiaddr.StringCast("/ip4/127.0.0.1/tcp/0")}, AdmissionTimeout: -1})
	assert.ErrorContains(t, err, "AdmissionTimeout -1ns")
	_, err = New(Options{Cache: "demo", Listen: []multiaddr.Multiaddr{multiaddr.StringCast("/ip4/127.0.0.1/tcp/0")}, Unadmitted: admission.LobbyLimits{Address: -1}})
	assert.ErrorContains(t, err, "Address:-1")
}
