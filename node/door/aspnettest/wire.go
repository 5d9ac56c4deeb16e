package aspnettest

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"strings"
	"time"
)

// connectTimeout is StackExchange.Redis' own.
const connectTimeout = 5 * time.Second

// masterChanged is where StackExchange.Redis hears that it should look at its
// servers again.
const masterChanged = "__Booksleeve_MasterChanged"

// A wire is one connection.
type wire struct {
	net.Conn
	r *bufio.Reader
}

// dial opens one connection and shakes hands. master says whether the endpoint is
// one to publish to; it is true of a wire for subscriptions.
func (o Options) dial(ctx context.Context, endpoint string, subscriptions bool) (w *wire, master bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	nc, err := new(net.Dialer).DialContext(ctx, "tcp", endpoint)
	if err != nil {
		return nil, false, err
	}
	stop := context.AfterFunc(ctx, func() { _ = nc.Close() }) // ends the reading
	defer stop()
	w = &wire{nc, bufio.NewReader(nc)}
	if master, err = w.shakeHands(o, subscriptions); err != nil {
		_ = nc.Close()
		return nil, false, fmt.Errorf("aspnettest: shake hands with %s: %w", endpoint, err)
	}
	return w, master, nil
}

// tracer is what every handshake ends with: the reply to ECHO must be the same.
var tracer = []byte("\x01\x02\xff\x00\r\n\x7fabcdefghi")

// shakeHands sends the whole handshake in one go.
func (w *wire) shakeHands(o Options, subscriptions bool) (master bool, err error) {
	var send []byte
	replies := 0
	add := func(args ...string) { send = appendCommand(send, args...); replies++ }
	if o.Password != "" {
		add("AUTH", o.User, o.Password)
	}
	const version = "2.7.33"
	add("CLIENT", "SETNAME", o.Machine+"(SE.Redis-v"+version+")")
	add("CLIENT", "SETINFO", "lib-name", "SE.Redis")
	add("CLIENT", "SETINFO", "lib-ver", version)
	add("CLIENT", "ID")
	info := -1
	if !subscriptions {
		add("CONFIG", "GET", "timeout")
		add("CONFIG", "GET", "slave-read-only")
		add("CONFIG", "GET", "databases")
		add("SENTINEL", "MASTERS")
		info = replies
		add("INFO", "replication")
		add("INFO", "server")
		add("CLUSTER", "NODES")
		add("GET", "__Booksleeve_TieBreak")
	}
	add("ECHO", string(tracer))
	if _, err := w.Write(send); err != nil {
		return false, err
	}
	master = true
	var reply any
	for i := range replies {
		if reply, err = readReply(w.r); err != nil {
			return false, err
		}
		if i == 0 && o.Password != "" && reply != "OK" {
			return false, fmt.Errorf("AUTH: %v", reply)
		}
		if text, ok := reply.([]byte); i == info && ok {
			master = strings.Contains(string(text), "role:master")
		}
	}
	if echo, ok := reply.([]byte); !ok || !bytes.Equal(echo, tracer) {
		return false, fmt.Errorf("ECHO is answered %q", reply)
	}
	return master, nil
}
