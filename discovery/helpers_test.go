package discovery_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/signalmesh/signalmesh/discovery"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errRefused = errors.New("connection refused")

// A network replaces the network in a test: it has addresses that answer, names, and a
// mesh that counts peers. Times are those of the bubble.
type network struct {
	start time.Time
	log   lockedBuffer

	mu      sync.Mutex // guards what follows
	answers map[string]func(ctx context.Context) (string, error)
	records map[string][]string // addresses of names
	dials   []string            // "1.5s a:9800"
	lookups []string            // "1.5s ip nodes.test"
	n       int
	changed chan struct{}
}

func newNetwork() *network {
	return &network{
		start: time.Now(), answers: map[string]func(context.Context) (string, error){},
		records: map[string][]string{}, changed: make(chan struct{}),
	}
}

// A host of one letter stands for an address 10.0.0.x.
func letter(host string) string { return fmt.Sprintf("10.0.0.%d", host[0]) }

// LookupNetIP makes a network a discovery.Resolver.
func (w *network) LookupNetIP(_ context.Context, network, host string) ([]netip.Addr, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lookups = append(w.lookups, fmt.Sprintf("%v %s %s", time.Since(w.start), network, host))
	var ips []netip.Addr
	for _, text := range w.records[host] {
		if text == "SERVFAIL" {
			return nil, &net.DNSError{Err: "server misbehaving", Name: host, IsTemporary: true}
		}
		if len(text) == 1 {
			text = letter(text)
		}
		ip := netip.MustParseAddr(text)
		if network == "ip" || (network == "ip4") == ip.Is4() {
			ips = append(ips, ip)
		}
	}
	if ips == nil {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	return ips, nil
}

// name sets the addresses of a name; none removes it.
func (w *network) name(host string, addrs ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.records[host] = addrs
}

// dial answers as the test set it, else that the connection is refused.
func (w *network) dial(ctx context.Context, addr multiaddr.Multiaddr) (string, error) {
	_, where, err := manet.DialArgs(addr)
	if err != nil {
		return "", err
	}
	ap, err := netip.ParseAddrPort(where)
	if err != nil {
		return "", fmt.Errorf("%v is not resolved: %w", addr, err)
	}
	if ip := ap.Addr().As16(); ip[12] == 10 && ip[13] == 0 && ip[15] >= 'a' {
		where = fmt.Sprintf("%c:%d", ip[15], ap.Port())
	}
	w.mu.Lock()
	w.dials = append(w.dials, fmt.Sprintf("%v %s", time.Since(w.start), where))
	answer := w.answers[where]
	w.mu.Unlock()
	if answer == nil {
		return "", errRefused
	}
	return answer(ctx)
}

// answer makes an address answer; f may be nil to make it refuse again.
func (w *network) answer(addr string, f func(ctx context.Context) (string, error)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answers[addr] = f
}

// joins makes an address answer with a peer, which joins the mesh by it.
func (w *network) joins(addr string) {
	w.answer(addr, func(context.Context) (string, error) {
		w.setPeers(1)
		return "peer of " + addr, nil
	})
}

// member makes an address answer with a peer. The mesh does not count it.
func (w *network) member(addr string) {
	w.answer(addr, func(context.Context) (string, error) { return "peer of " + addr, nil })
}

// refuses makes a peer at an address refuse this node.
func (w *network) refuses(addr, why string) {
	w.answer(addr, func(context.Context) (string, error) { return "", denial(why) })
}

// A denial is an error whose text is only the reason, as package node returns it.
type denial string

func (d denial) Error() string { return string(d) }

func (denial) Is(target error) bool { return target == discovery.ErrRefused }

func (w *network) silent(addr string) {
	w.answer(addr, func(ctx context.Context) (string, error) { <-ctx.Done(); return "", ctx.Err() })
}

func (w *network) isSelf(addr string) {
	w.answer(addr, func(context.Context) (string, error) { return "", fmt.Errorf("dial: %w", discovery.ErrSelf) })
}

func (w *network) setPeers(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.n = n
	close(w.changed)
	w.changed = make(chan struct{})
}

func (w *network) peers() (int, <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.n, w.changed
}

// took returns the dials since the last call.
func (w *network) took() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	d := w.dials
	w.dials = nil
	return d
}

// steady is a source whose jitter is none: 0.8 + 0.4*0.5 = 1.
type steady struct{}

func (steady) Uint64() uint64 { return 1 << 52 }

// loop starts a Loop on w without jitter; it is closed at the end of the test.
func (w *network) loop(t *testing.T, p discovery.Policy, seeds ...discovery.Seed) *discovery.Loop {
	t.Helper()
	l, err := discovery.New(discovery.Options{
		Seeds: seeds, Policy: p, Dial: w.dial, Peers: w.peers, Resolver: w, Rand: rand.New(steady{}),
		Logger: slog.New(slog.NewTextHandler(&w.log, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		}})),
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, l.Close()) })
	return l
}

// seedsOf parses seeds that are right. See letter.
func seedsOf(t *testing.T, texts ...string) []discovery.Seed {
	t.Helper()
	var out []discovery.Seed
	for _, text := range texts {
		if host, port, _ := strings.Cut(text, ":"); len(host) == 1 {
			text = strings.TrimSuffix(letter(host)+":"+port, ":")
		}
		s, err := discovery.ParseSeed(text)
		require.NoError(t, err)
		out = append(out, s)
	}
	return out
}

// times are the moments of dials.
func times(dials []string) string {
	var out []string
	for _, d := range dials {
		at, _, _ := strings.Cut(d, " ")
		out = append(out, at)
	}
	return strings.Join(out, " ")
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// recordDials returns a DialFunc that writes down what it dials, one dial at a time.
func recordDials(list *[]string) discovery.DialFunc {
	var mu sync.Mutex
	return func(_ context.Context, addr multiaddr.Multiaddr) (string, error) {
		mu.Lock()
		defer mu.Unlock()
		if !slices.Contains(*list, addr.String()) {
			*list = append(*list, addr.String())
		}
		return "", errRefused
	}
}
