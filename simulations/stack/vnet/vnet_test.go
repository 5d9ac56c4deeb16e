package vnet_test

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/simulations/stack/vnet"
)

var (
	addrA = netip.MustParseAddr("10.0.0.1")
	addrB = netip.MustParseAddr("10.0.0.2")
)

// A world is two hosts and the path between them.
type world struct {
	*testing.T
	mu   sync.Mutex
	path vnet.Path
	net  *vnet.Network
	a, b *vnet.Host
}

// bubble runs f on two hosts in virtual time.
func bubble(t *testing.T, path vnet.Path, rate float64, f func(w *world)) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{T: t, path: path}
		w.net = vnet.New(rand.NewPCG(7, 7), func(_, _ netip.Addr) vnet.Path {
			w.mu.Lock()
			defer w.mu.Unlock()
			return w.path
		})
		w.a, w.b = w.net.Host(addrA, rate, rate), w.net.Host(addrB, rate, rate)
		defer w.net.Close()
		f(w)
	})
}

// change changes the path.
func (w *world) change(f func(*vnet.Path)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f(&w.path)
}

// connect opens a connection from a to b.
func (w *world) connect() (client, server net.Conn) {
	l, err := w.b.Listen(w.Context(), "tcp", "10.0.0.2:80")
	require.NoError(w, err)
	client, err = w.a.DialContext(w.Context(), "tcp", "10.0.0.2:80")
	require.NoError(w, err)
	server, err = l.Accept()
	require.NoError(w, err)
	return client, server
}

func TestLatencyIsThatOfThePath(t *testing.T) {
	bubble(t, vnet.Path{Latency: 10 * time.Millisecond}, 0, func(w *world) {
		begun := time.Now()
		client, server := w.connect()
		assert.Equal(t, 20*time.Millisecond, time.Since(begun), "to dial takes a round trip")
		begun = time.Now()
		_, err := client.Write([]byte("hi"))
		require.NoError(t, err)
		assert.Zero(t, time.Since(begun))
		b := make([]byte, 10)
		n, err := server.Read(b)
		require.NoError(t, err)
		assert.Equal(t, "hi", string(b[:n]))
		assert.Equal(t, 10*time.Millisecond, time.Since(begun))
	})
}

func TestArrivalsAreRoundedToTheNearest(t *testing.T) {
	for latency, want := range map[time.Duration]time.Duration{
		202 * time.Microsecond: 200 * time.Microsecond, 203 * time.Microsecond: 205 * time.Microsecond, time.Microsecond: 0,
	} {
		bubble(t, vnet.Path{Latency: latency}, 0, func(w *world) {
			client, server := w.connect()
			begun := time.Now()
			_, err := client.Write([]byte("hi"))
			require.NoError(t, err)
			_, err = server.Read(make([]byte, 2))
			require.NoError(t, err)
			assert.Equal(t, want, time.Since(begun), "%v", latency)
		})
	}
}

// transfer sends size bytes from a to b and says how long that took.
func (w *world) transfer(size int) time.Duration {
	client, server := w.connect()
	sent := make([]byte, size)
	for i := range sent {
		sent[i] = byte(i * 7)
	}
	begun := time.Now()
	go func() {
		_, err := client.Write(sent)
		assert.NoError(w, err)
	}()
	got := make([]byte, size)
	_, err := io.ReadFull(server, got)
	require.NoError(w, err)
	assert.True(w, bytes.Equal(sent, got))
	return time.Since(begun)
}

func TestBandwidthIsKept(t *testing.T) {
	bubble(t, vnet.Path{Latency: time.Millisecond}, 10e6, func(w *world) {
		took := w.transfer(10e6)
		assert.InDelta(t, 1.046, took.Seconds(), 0.05, "10 MB and headers at 10 MB/s")
	})
}

func TestBandwidthIsThatOfTheSlowerOfTheSenderAndTheReceiver(t *testing.T) {
	for name, rates := range map[string][2]float64{"sender": {10e6, 0}, "receiver": {0, 10e6}, "slow sender": {10e6, 100e6}, "slow receiver": {100e6, 10e6}} {
		bubble(t, vnet.Path{Latency: time.Millisecond}, 0, func(w *world) {
			w.a, w.b = w.net.Host(addrA, rates[0], 0), w.net.Host(addrB, 0, rates[1])
			took := w.transfer(10e6)
			assert.InDelta(t, 1.046, took.Seconds(), 0.05, name)
		})
	}
	bubble(t, vnet.Path{Latency: time.Millisecond}, 0, func(w *world) {
		assert.Less(t, w.transfer(10e6), 500*time.Millisecond, "without a limit")
	})
}

func TestLossSlowsDownAndLosesNothing(t *testing.T) {
	path := vnet.Path{Latency: 10 * time.Millisecond, Loss: 0.01}
	bubble(t, path, 0, func(w *world) {
		took := w.transfer(2e6)
		assert.Greater(t, took, 500*time.Millisecond)
		assert.Less(t, took, 10*time.Second)
		seen := w.net.Seen()
		assert.InDelta(t, 0.01, float64(seen.Lost)/float64(seen.Packets), 0.006)
		assert.InEpsilon(t, seen.LatencySet, seen.Latency, 0.001, "rounding goes up and down alike")
	})
}

func TestJitterKeepsOrder(t *testing.T) {
	bubble(t, vnet.Path{Latency: time.Millisecond, Jitter: 5 * time.Millisecond}, 0, func(w *world) { w.transfer(1e6) })
}

func TestJitterDelaysEachPacketByAnAmountOfItsOwn(t *testing.T) {
	bubble(t, vnet.Path{Latency: time.Millisecond, Jitter: 5 * time.Millisecond}, 0, func(w *world) {
		client, server := w.connect()
		least, most := time.Hour, time.Duration(0)
		for range 200 {
			begun := time.Now()
			_, err := client.Write([]byte("x"))
			require.NoError(t, err)
			_, err = server.Read(make([]byte, 1))
			require.NoError(t, err)
			took := time.Since(begun)
			least, most = min(least, took), max(most, took)
			time.Sleep(20 * time.Millisecond)
		}
		assert.GreaterOrEqual(t, least, time.Millisecond)
		assert.Less(t, least, 2*time.Millisecond)
		assert.Greater(t, most, 5*time.Millisecond)
		assert.LessOrEqual(t, most, 6*time.Millisecond)
	})
}

func TestASinglePacketLostTakesATimeout(t *testing.T) {
	bubble(t, vnet.Path{Latency: 10 * time.Millisecond}, 0, func(w *world) {
		client, server := w.connect()
		w.change(func(p *vnet.Path) { p.Loss = 1 })
		begun := time.Now()
		_, _ = client.Write([]byte("x"))
		time.Sleep(time.Millisecond)
		w.change(func(p *vnet.Path) { p.Loss = 0 })
		_, err := server.Read(make([]byte, 1))
		require.NoError(t, err)
		assert.Equal(t, 230*time.Millisecond, time.Since(begun), "round trip, 200 ms, and the way")
	})
}

func TestACutHoldsWhatIsSentAndAHealLetsItGo(t *testing.T) {
	bubble(t, vnet.Path{Latency: time.Millisecond}, 0, func(w *world) {
		client, server := w.connect()
		w.change(func(p *vnet.Path) { p.Cut = true })
		_, err := client.Write(make([]byte, 50_000))
		require.NoError(t, err)
		require.NoError(t, server.SetReadDeadline(time.Now().Add(5*time.Second)))
		_, err = server.Read(make([]byte, 1))
		assert.ErrorIs(t, err, os.ErrDeadlineExceeded)
		w.change(func(p *vnet.Path) { p.Cut = false })
		require.NoError(t, server.SetReadDeadline(time.Time{}))
		begun := time.Now()
		_, err = io.ReadFull(server, make([]byte, 50_000))
		require.NoError(t, err)
		assert.Less(t, time.Since(begun), 8*time.Second, "the timeouts have grown")
	})
}

func TestClosingResetsThePeerAfterWhatArrived(t *testing.T) {
	bubble(t, vnet.Path{Latency: time.Millisecond}, 0, func(w *world) {
		client, server := w.connect()
		_, _ = client.Write([]byte("bye"))
		require.NoError(t, client.Close())
		time.Sleep(time.Second)
		got, err := io.ReadAll(server)
		assert.Equal(t, "bye", string(got))
		assert.ErrorIs(t, err, syscall.ECONNRESET)
		_, err = client.Write(nil)
		assert.ErrorIs(t, err, net.ErrClosed)
	})
}

func TestDialsAreRefusedOrUnanswered(t *testing.T) {
	bubble(t, vnet.Path{Latency: time.Millisecond}, 0, func(w *world) {
		_, err := w.a.DialContext(w.Context(), "tcp", "10.0.0.2:81")
		assert.ErrorIs(t, err, syscall.ECONNREFUSED)

		l, err := w.b.Listen(w.Context(), "tcp", "10.0.0.2:80")
		require.NoError(t, err)
		_, err = w.b.Listen(w.Context(), "tcp", "10.0.0.2:80")
		assert.ErrorIs(t, err, syscall.EADDRINUSE)
		w.change(func(p *vnet.Path) { p.Cut = true })
		ctx, cancel := context.WithTimeout(w.Context(), 5*time.Second)
		defer cancel()
		_, err = w.a.DialContext(ctx, "tcp", "10.0.0.2:80")
		assert.ErrorIs(t, err, context.DeadlineExceeded)

		time.AfterFunc(2*time.Second, func() { w.change(func(p *vnet.Path) { p.Cut = false }) })
		begun := time.Now()
		_, err = w.a.DialContext(w.Context(), "tcp", "10.0.0.2:80")
		require.NoError(t, err)
		assert.Equal(t, 3002*time.Millisecond, time.Since(begun), "the second SYN again is answered")
		w.b.Abort()
		_, err = l.Accept()
		assert.ErrorIs(t, err, net.ErrClosed)
		_, err = w.a.DialContext(w.Context(), "tcp", "10.0.0.2:80")
		assert.ErrorIs(t, err, syscall.ECONNREFUSED, "after the end of the process")
	})
}

func TestAPausedProgramHearsNothingUntilItGoesOn(t *testing.T) {
	bubble(t, vnet.Path{Latency: time.Millisecond}, 0, func(w *world) {
		client, server := w.connect()
		w.b.Pause(true)
		_, _ = client.Write([]byte("x"))
		begun := time.Now()
		time.AfterFunc(3*time.Second, func() { w.b.Pause(false) })
		_, err := server.Read(make([]byte, 1))
		require.NoError(t, err)
		assert.Equal(t, 3*time.Second, time.Since(begun))
	})
}

func TestABigUnreadConnectionHoldsItsWriter(t *testing.T) {
	bubble(t, vnet.Path{Latency: time.Millisecond}, 0, func(w *world) {
		client, server := w.connect()
		require.NoError(t, client.SetWriteDeadline(time.Now().Add(time.Minute)))
		n, err := client.Write(make([]byte, 20<<20))
		assert.ErrorIs(t, err, os.ErrDeadlineExceeded)
		assert.InDelta(t, 10<<20, n, 2000, "both buffers")
		_, err = io.ReadFull(server, make([]byte, n))
		assert.NoError(t, err, "a writer that waits for room goes on")
	})
}

func TestASlowHostCatchesUpWhenItIsFastAgain(t *testing.T) {
	bubble(t, vnet.Path{Latency: time.Millisecond}, 0, func(w *world) {
		client, server := w.connect()
		w.b.Down(1000)
		_, err := client.Write(make([]byte, 100_000))
		require.NoError(t, err)
		time.Sleep(10 * time.Second)
		w.b.Down(0)
		begun := time.Now()
		_, err = io.ReadFull(server, make([]byte, 100_000))
		require.NoError(t, err)
		assert.Less(t, time.Since(begun), 5*time.Second)
	})
}

// New packets do not put off the retransmission timeout of the first one, and nothing new
// is sent before it is through: after a cut of 5 s, data flows when the timer that has
// doubled five times fires.
func TestACutOfABusyConnectionEndsWithTheNextRetransmission(t *testing.T) {
	bubble(t, vnet.Path{Latency: time.Millisecond}, 0, func(w *world) {
		client, server := w.connect()
		received := make(chan time.Time, 10_000)
		go func() {
			b := make([]byte, 100)
			for {
				if _, err := io.ReadFull(server, b); err != nil {
					close(received)
					return
				}
				received <- time.Now()
			}
		}()
		send := func(seconds int) {
			for range 100 * seconds {
				_, _ = client.Write(make([]byte, 100))
				time.Sleep(10 * time.Millisecond)
			}
		}
		send(1)
		w.change(func(p *vnet.Path) { p.Cut = true })
		send(5)
		w.change(func(p *vnet.Path) { p.Cut = false })
		healed := time.Now()
		send(5)
		require.NoError(t, client.Close())
		for at := range received {
			if at.After(healed) {
				assert.InDelta(t, 1.3, at.Sub(healed).Seconds(), 0.15, "31 times a timeout of 200 ms and the smoothed round trip, less 5 s")
				break
			}
		}
		for range received {
		}
	})
}

func TestAHostThatLosesItsPowerTellsNobody(t *testing.T) {
	bubble(t, vnet.Path{Latency: time.Millisecond}, 0, func(w *world) {
		client, _ := w.connect()
		w.b.Vanish()
		require.NoError(t, client.SetReadDeadline(time.Now().Add(5*time.Second)))
		_, err := client.Write([]byte("x"))
		require.NoError(t, err)
		_, err = client.Read(make([]byte, 1))
		assert.ErrorIs(t, err, os.ErrDeadlineExceeded)
		ctx, cancel := context.WithTimeout(w.Context(), 3*time.Second)
		defer cancel()
		_, err = w.a.DialContext(ctx, "tcp", "10.0.0.2:80")
		assert.ErrorIs(t, err, context.DeadlineExceeded)
	})
}
