// Package tlsfiles serves a TLS certificate from two PEM files and reads them again
// when they change, as tools for renewal (certbot, cert-manager, a mounted Kubernetes
// secret) leave them.
//
//	pair, err := tlsfiles.Open("tls.crt", "tls.key", logger)
//	l := tls.NewListener(tcp, pair.Config())
//
// The files are looked at when a client connects, at most once in CheckEvery. Nothing
// runs in the background, and nothing has to be closed. If the files are wrong or
// missing later, the last certificate that was right is served, and a warning is
// logged once for each change.
package tlsfiles

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// CheckEvery is how often the files are looked at, at most.
const CheckEvery = time.Second

// A Pair is a certificate and its key. Methods may be called concurrently.
type Pair struct {
	certPath, keyPath string
	log               *slog.Logger

	mu          sync.Mutex
	checked     time.Time
	seen        [2]stamp // of the files when they were read last
	certificate *tls.Certificate
}

// A stamp identifies a version of a file. The zero stamp is that of a file that cannot be
// read.
type stamp struct {
	modified time.Time
	size     int64
}

// Open reads a certificate with its chain, and its private key, both in PEM. The error
// names the file and its fault. A nil logger discards the log.
func Open(certPath, keyPath string, l *slog.Logger) (*Pair, error) {
	if l == nil {
		l = slog.New(slog.DiscardHandler)
	}
	p := &Pair{certPath: certPath, keyPath: keyPath, log: l, checked: time.Now()}
	p.seen = p.stamps()
	c, err := p.read()
	if err != nil {
		return nil, err
	}
	p.certificate = c
	return p, nil
}

// Config returns a configuration for servers with the certificate that is valid at
// the time of each handshake. The caller may change it before its first use.
func (p *Pair) Config() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: p.GetCertificate}
}

// GetCertificate returns the certificate, after it has read the files again if they
// have changed. It is a tls.Config.GetCertificate and never fails.
func (p *Pair) GetCertificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now := time.Now(); now.Sub(p.checked) >= CheckEvery {
		p.checked = now
		p.reload()
	}
	return p.certificate, nil
}

// reload reads the files if they have changed. The caller holds mu.
func (p *Pair) reload() {
	seen := p.stamps()
	if seen == p.seen {
		return
	}
	p.seen = seen
	c, err := p.read()
	if err != nil {
		p.log.Warn("TLS certificate not read again: the one of before is still served; correct the files", "err", err)
		return
	}
	p.certificate = c
	p.log.Info("TLS certificate read again", "cert", p.certPath, "until", c.Leaf.NotAfter)
}

func (p *Pair) stamps() (s [2]stamp) {
	for i, path := range []string{p.certPath, p.keyPath} {
		if info, err := os.Stat(path); err == nil {
			s[i] = stamp{info.ModTime(), info.Size()}
		}
	}
	return s
}

func (p *Pair) read() (*tls.Certificate, error) {
	for _, path := range []string{p.certPath, p.keyPath} {
		if _, err := os.Stat(path); err != nil {
			return nil, fmt.Errorf("TLS: %w", err)
		}
	}
	c, err := tls.LoadX509KeyPair(p.certPath, p.keyPath)
	if err != nil {
		return nil, fmt.Errorf("TLS: certificate %s with key %s: %w; give a PEM certificate with its chain, and its PEM key", p.certPath, p.keyPath, err)
	}
	if c.Leaf == nil {
		if c.Leaf, err = x509.ParseCertificate(c.Certificate[0]); err != nil {
			return nil, fmt.Errorf("TLS: certificate %s: %w", p.certPath, err)
		}
	}
	if time.Now().After(c.Leaf.NotAfter) {
		return nil, fmt.Errorf("TLS: certificate %s: %w on %s; renew it", p.certPath, errExpired, c.Leaf.NotAfter.Format(time.DateOnly))
	}
	return &c, nil
}

var errExpired = errors.New("it expired")
