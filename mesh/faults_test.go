package mesh_test

import (
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/mesh"
)

// A wire passes connections on to an address, until they are cut.
type wire struct {
	listener net.Listener
	to       string
	mu       sync.Mutex
	conns    []net.Conn
	closed   bool
	work     sync.WaitGroup
}

func openWire(t *testing.T, to multiaddr.Multiaddr) *wire {
	_, where, err := manet.DialArgs(to)
	require.NoError(t, err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	w := &wire{listener: l, to: where}
	w.work.Go(w.accept)
	t.Cleanup(func() {
		w.mu.Lock()
		w.closed = true
		w.mu.Unlock()
		_ = l.Close()
		w.cut()
		w.work.Wait()
	})
	return w
}

func (w *wire) addr(t *testing.T) multiaddr.Multiaddr {
	a, err := manet.FromNetAddr(w.listener.Addr())
	require.NoError(t, err)
	return a
}

func (w *wire) accept() {
	for {
		in, err := w.listener.Accept()
		if err != nil {
			return
		}
		out, err := net.Dial("tcp", w.to)
		w.mu.Lock()
		if err != nil || w.closed {
			_ = in.Close()
			if out != nil {
				_ = out.Close()
			}
			w.mu.Unlock()
			continue
		}
		w.conns = append(w.conns, in, out)
		w.mu.Unlock()
		for _, c := range [][2]net.Conn{{in, out}, {out, in}} {
			w.work.Go(func() {
				_, _ = io.Copy(c[0], c[1])
				_, _ = c[0].Close(), c[1].Close()
			})
		}
	}
}

// cut ends all connections, with what is on its way in them.
func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.conns {
		if tcp, ok := c.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
		_ = c.Close()
	}
	w.conns = nil
}

// routes lead from the addresses that peers advertise to other ones.
type routes struct{ to sync.Map }

func (r *routes) lead(from, to multiaddr.Multiaddr) { r.to.Store(from.String(), to) }

func (r *routes) use(o *mesh.Options) {
	o.Public = func(a multiaddr.Multiaddr) multiaddr.Multiaddr {
		if to, ok := r.to.Load(a.String()); ok {
			return to.(multiaddr.Multiaddr)
		}
		return a
	}
}

func TestABrokenConnectionLosesNothing(t *testing.T) {
	const count, cuts = 20_000, 5
	routes := &routes{}
	a, b := open(t, routes.use), open(t, routes.use)
	toA, toB := openWire(t, a.Addrs()[0]), openWire(t, b.Addrs()[0])
	routes.lead(a.Addrs()[0], toA.addr(t))
	routes.lead(b.Addrs()[0], toB.addr(t))
	ta, tb := join(t, a, "chat"), join(t, b, "chat")
	sink := attach(t, tb)
	_, err := b.Dial(t.Context(), toA.addr(t))
	require.NoError(t, err)
	awaitLinked(t, ta, 1)
	require.NoError(t, tb.Subscribe(t.Context(), "all"))
	for i := range count {
		_, err := ta.Publish(t.Context(), "all", fmt.Appendf(nil, "%d", i))
		require.NoError(t, err)
		if i%(count/cuts) == count/cuts/2 {
			sink.await(t, ta, i/2) // in the middle of traffic
			toA.cut()
			toB.cut()
		}
	}
	got := sink.await(t, ta, count)
	require.Len(t, got, count)
	for i, m := range got {
		require.Equal(t, fmt.Sprintf("all=%d", i), m)
	}
	assert.Zero(t, sink.lost)
}

func TestAMissingLinkIsCarriedRound(t *testing.T) {
	// a and b cannot reach each other, as behind a wrong firewall rule; both reach c.
	routes, nowhere := &routes{}, addr(t, "/ip4/127.0.0.1/tcp/1")
	c, a, b := open(t), open(t, routes.use), open(t, routes.use, func(o *mesh.Options) { o.Name = "b" })
	routes.lead(a.Addrs()[0], nowhere)
	routes.lead(b.Addrs()[0], nowhere)
	tc, ta, tb := join(t, c, "chat"), join(t, a, "chat"), join(t, b, "chat")
	for _, m := range []*mesh.Mesh{a, b} {
		_, err := m.Dial(t.Context(), c.Addrs()[0])
		require.NoError(t, err)
	}
	awaitLinked(t, tc, 2)
	require.Eventually(t, func() bool { return ta.Alive() == 2 && tb.Alive() == 2 }, 20*time.Second, 5*time.Millisecond)
	sink := attach(t, tb)
	require.NoError(t, tb.Subscribe(t.Context(), "all"))
	const count = 500
	for i := range count {
		n, err := ta.Publish(t.Context(), "all", fmt.Appendf(nil, "%d", i))
		require.NoError(t, err)
		require.Equal(t, 1, n)
	}
	got := sink.await(t, ta, count)
	for i, m := range got {
		require.Equal(t, fmt.Sprintf("all=%d", i), m)
	}
	assert.Equal(t, mesh.Degraded, ta.Health())
	assert.Equal(t, []string{"b"}, ta.Condition().Round, "the missing link has a name")
	assert.Equal(t, mesh.Healthy, tc.Health())
}
