package discovery_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/multiformats/go-multiaddr"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/signalmesh/signalmesh/discovery"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errRefused = errors.New("connection refused")

// A network is what a Loop dials in a test: answers by address, and a mesh that
// counts peers. Times are those of the bubble.
type network struct {
	start time.Time
	log   lockedBuffer

	mu      sync.Mutex // guards what follows
	answers map[string]func(ctx context.Context) (string, error)
	dials   []string // "1.5s a:9800"
	n       int
	changed chan struct{}
}

func newNetwork() *network {
	return &network{start: time.Now(), answers: map[string]func(context.Context) (string, error){}, changed: make(chan struct{})}
}

// dial answers as the test set it, else that the connection is refused.
func (w *network) dial(ctx context.Context, addr multiaddr.Multiaddr) (string, error) {
	host, _ := addr.ValueForProtocol(multiaddr.P_DNS)
	port, _ := addr.ValueForProtocol(multiaddr.P_TCP)
	w.mu.Lock()
	w.dials = append(w.dials, fmt.Sprintf("%v %s:%s", time.Since(w.start), host, port))
	answer := w.answers[host+":"+port]
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
		Seeds: seeds, Policy: p, Dial: w.dial, Peers: w.peers, Rand: rand.New(steady{}),
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

// seedsOf parses seeds that are right.
func seedsOf(t *testing.T, texts ...string) []discovery.Seed {
	t.Helper()
	var out []discovery.Seed
	for _, text := range texts {
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
