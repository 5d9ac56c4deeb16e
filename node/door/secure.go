package door

import (
	"crypto/tls"
	"errors"
	"net"
	"time"

	"github.com/signalmesh/signalmesh/node/door/resp"
)

// secure runs the TLS handshake if the endpoint speaks TLS. It closes the connection and
// reports false if the handshake fails.
func (c *conn) secure() bool {
	d := c.door
	conn, ok := c.nc.(*tls.Conn)
	if !ok {
		return true
	}
	err := conn.HandshakeContext(c.ctx) // finalize ends c.ctx when the time is up
	if err == nil {
		if d.o.Credentials == nil {
			c.trust("default", nil)
		}
		return true
	}
	d.metrics.failedHandshakes.Add(1)
	var plain tls.RecordHeaderError
	if errors.As(err, &plain) && plain.Conn != nil && c.ended.CompareAndSwap(uint32(notEnded), uint32(spokePlain)) {
		c.report(spokePlain)
		_ = c.raw.SetWriteDeadline(time.Now().Add(time.Second))
		_, _ = c.raw.Write(resp.AppendError(nil, endings[spokePlain].reply)) // the connection is closed anyway
		_ = closeWrite(c.raw)
		d.linger(c.raw)
		return false
	}
	_ = c.raw.Close()
	if d.ctx.Err() == nil && c.ended.Load() == uint32(notEnded) {
		d.logged.clients.warn(d.o.Logger, "handshake "+c.network().Addr().String(),
			"TLS handshake not finished; check that the client trusts the certificate of the endpoint", "client", c.describe(), "err", err, "application", d.o.Application)
	}
	return false
}

// closeWrite ends the sending side of a connection, if that can be ended alone.
func closeWrite(nc net.Conn) error {
	if half, ok := nc.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}
