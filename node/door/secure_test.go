package door_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"strings"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/signalmesh/signalmesh/node/door"
	"github.com/signalmesh/signalmesh/node/tlsfiles"
	"github.com/signalmesh/signalmesh/node/tlsfiles/tlsfilestest"
)

// encrypted opens a site that speaks TLS, and returns what clients trust.
func encrypted(t *testing.T, change func(*door.Options)) (site, *journal, func(string) int, *x509.CertPool) {
	cert, key, trusted := tlsfilestest.Write(t, t.TempDir(), "endpoint", time.Now().Add(time.Hour))
	pair, err := tlsfiles.Open(cert, key, nil)
	require.NoError(t, err)
	s, log, registry := watched(t, func(o *door.Options) {
		o.TLS = pair.Config()
		if change != nil {
			change(o)
		}
	})
	return s, log, func(reason string) int { return ended(t, registry, reason) }, trusted
}

func dialTLS(t *testing.T, addr string, trusted *x509.CertPool) *wire {
	nc, err := tls.Dial("tcp", addr, &tls.Config{RootCAs: trusted, MinVersion: tls.VersionTLS12})
	require.NoError(t, err)
	t.Cleanup(func() { _ = nc.Close() }) // it may be closed already
	return &wire{t, nc, bufio.NewReader(nc)}
}

func TestClientsUseTLS(t *testing.T) {
	s, _, _, trusted := encrypted(t, func(o *door.Options) { o.Credentials = &ledger{passwords: map[string]string{"": "secret"}} })
	w := dialTLS(t, s.addr(), trusted)
	require.Contains(t, w.ask("PING"), "-NOAUTH")
	require.Equal(t, "+OK\r\n", w.ask("AUTH", "secret"))
	require.Equal(t, subscribed("subscribe", "c", 1), w.ask("SUBSCRIBE", "c"))
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c := goredis.NewClient(&goredis.Options{Addr: s.addr(), Password: "secret", TLSConfig: &tls.Config{RootCAs: trusted, MinVersion: tls.VersionTLS12}})
	t.Cleanup(func() { assert.NoError(t, c.Close()) })
	n, err := c.Publish(ctx, "c", "x").Result()
	require.NoError(t, err)
	assert.EqualValues(t, 1, n)
	assert.Equal(t, message("c", "x"), w.reply())

	half := dialTLS(t, s.addr(), trusted)
	half.send("AUTH secret\r\nPING\r\n")
	require.NoError(t, half.Conn.(*tls.Conn).CloseWrite())
	assert.Equal(t, "+OK\r\n+PONG\r\n", half.rest(), "also at the end of the input")
}

// Without a password a TLS endpoint on loopback accepts all clients.
func TestTLSWithoutAPassword(t *testing.T) {
	s, _, _, trusted := encrypted(t, nil)
	assert.Equal(t, "+PONG\r\n", dialTLS(t, s.addr(), trusted).ask("PING"))
}

func TestAPlainClientIsToldOfTheTLSEndpoint(t *testing.T) {
	s, log, ended, trusted := encrypted(t, nil)
	for range 3 {
		w := dial(t, s.addr())
		w.send(array("AUTH", "secret") + array("PING"))
		assert.Equal(t, "-ERR signalmesh: this endpoint speaks TLS; connect with TLS (ssl=true, rediss://)\r\n", w.rest())
	}
	assert.Equal(t, 3, ended("plain"))
	require.Len(t, log.warnings(), 1)
	assert.Contains(t, log.String(), "the client does not speak TLS, the endpoint does")
	assert.Equal(t, "+PONG\r\n", dialTLS(t, s.addr(), trusted).ask("PING"))
}

// An unfinished handshake ends after the timeout before AUTH.
func TestUnfinishedTLSHandshakesEnd(t *testing.T) {
	s, _, ended, _ := encrypted(t, func(o *door.Options) { o.BeforeAuth.Timeout = 200 * time.Millisecond })
	silent := dial(t, s.addr())
	silent.send("\x16\x03\x01")
	assert.Empty(t, silent.rest())
	assert.Equal(t, 1, ended("time"))
}

// Silent connections do not block TLS clients. The log names a client that does not trust
// the certificate.
func TestTLSClientsAreNotBlockedBySilentOnes(t *testing.T) {
	s, log, ended, trusted := encrypted(t, func(o *door.Options) { o.BeforeAuth.Timeout, o.BeforeAuth.PerAddress = time.Minute, 4 })
	for range 20 {
		nc, err := net.Dial("tcp", s.addr())
		require.NoError(t, err)
		t.Cleanup(func() { _ = nc.Close() })
	}
	assert.Equal(t, "+PONG\r\n", dialTLS(t, s.addr(), trusted).ask("PING"))
	assert.NotZero(t, ended("displaced"))
	_, err := tls.Dial("tcp", s.addr(), &tls.Config{MinVersion: tls.VersionTLS12})
	assert.ErrorContains(t, err, "certificate")
	require.Eventually(t, func() bool { return strings.Contains(log.String(), "TLS handshake not finished") }, patience, time.Millisecond)
}

// The certificate of a new connection is the one that the files hold now.
func TestTheCertificateOfAnEndpointIsRenewed(t *testing.T) {
	folder := t.TempDir()
	cert, key, _ := tlsfilestest.Write(t, folder, "old", time.Now().Add(time.Hour))
	pair, err := tlsfiles.Open(cert, key, nil)
	require.NoError(t, err)
	s, _, _ := watched(t, func(o *door.Options) { o.TLS = pair.Config() })
	_, _, trusted := tlsfilestest.Write(t, folder, "new", time.Now().Add(2*time.Hour))
	require.Eventually(t, func() bool {
		nc, err := tls.Dial("tcp", s.addr(), &tls.Config{RootCAs: trusted, MinVersion: tls.VersionTLS12})
		if err == nil {
			_ = nc.Close()
		}
		return err == nil
	}, patience, 50*time.Millisecond)
}
