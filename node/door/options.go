package door

import (
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/signalmesh/signalmesh/node/door/resp"
	"github.com/signalmesh/signalmesh/node/exchange"
)

// Options say what a Door serves.
type Options struct {
	// Listener is where clients connect. The Door closes it. Required.
	Listener net.Listener
	// Exchange is what they publish to and subscribe to. Required; not closed.
	Exchange *exchange.Exchange
	// Ready, when it closes, lets clients in; until then they wait, within their own
	// time limits, since what a server publishes that knows no other yet reaches nobody
	// else. Nil lets them in at once.
	Ready <-chan struct{}
	// Credentials check the passwords of clients. Nil accepts all clients, which is allowed
	// on loopback only.
	Credentials Credentials
	// TLS makes the endpoint speak TLS, and nothing else. It needs a certificate. Nil
	// means TCP without encryption.
	TLS *tls.Config
	// BeforeAuth bounds the connections that have not authenticated.
	BeforeAuth AuthLimits
	// Application is what INFO tells. Empty is nothing.
	Application string
	// Facts returns further rows of INFO, in the section Signalmesh. It may be called
	// concurrently. Nil means none.
	Facts func() []Fact

	// MaxClients is how many connections there may be; more are refused. Zero means
	// 10,000.
	MaxClients int
	// MaxMessage is how long an argument may be, in bytes, such as what is published.
	// Zero means 16 MiB, which is the most.
	MaxMessage int
	// Output is how many bytes may wait for a client that does not read before it is
	// cut. Zero means 32 MiB, as in Redis.
	Output int
	// Confirm is how long SUBSCRIBE waits for the other servers, and Publish how long
	// PUBLISH waits for one that is behind. Zero means 2 s and 4 s: clients give up
	// after 5 s.
	Confirm, Publish time.Duration
	// Replay is how long the subscriptions of a client that vanished are kept, and
	// ReplayBytes how much of what it missed; what is beyond is counted as lost. Zero
	// means 5 s and 8 MiB; a negative Replay, not at all.
	Replay      time.Duration
	ReplayBytes int

	// Incomplete is how long an ASP.NET Core server may take for the subscriptions of a
	// hub, before a warning. Zero means 5 s.
	Incomplete time.Duration

	// Logger gets what an operator should know. Nil means silence.
	Logger *slog.Logger
	// Metrics is where metrics are registered. Nil means nowhere.
	Metrics prometheus.Registerer
}

// A Fact is a row of INFO.
type Fact struct{ Key, Value string }

const (
	maxMessage  = 16 << 20
	maxArgs     = 1 << 20
	maxLost     = 256 // clients whose subscriptions are kept
	maxBatch    = 1 << 13
	maxUser     = 255
	maxPassword = 1 << 10
)

// complete returns o with its zero fields filled in, or every reason it is wrong.
func (o Options) complete() (Options, error) {
	o.MaxClients = cmp.Or(o.MaxClients, 10_000)
	o.MaxMessage = cmp.Or(o.MaxMessage, maxMessage)
	o.Output = cmp.Or(o.Output, 32<<20)
	o.Confirm = cmp.Or(o.Confirm, 2*time.Second)
	o.Publish = cmp.Or(o.Publish, 4*time.Second)
	o.Replay = cmp.Or(o.Replay, 5*time.Second)
	o.Incomplete = cmp.Or(o.Incomplete, incompleteAfter)
	o.ReplayBytes = cmp.Or(o.ReplayBytes, 8<<20)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	var errs []error
	var err error
	if o.BeforeAuth, err = o.BeforeAuth.complete(); err != nil {
		errs = append(errs, err)
	}
	if o.Listener == nil || o.Exchange == nil {
		errs = append(errs, errors.New("door: Listener and Exchange are required"))
	} else if o.Credentials == nil && !loopback(o.Listener.Addr()) {
		errs = append(errs, fmt.Errorf("door: %s is not a loopback address, and there is no password: anybody could read and send; give it a password (--redis-password-file, or --user with --password-file), or listen on 127.0.0.1", o.Listener.Addr()))
	}
	for name, n := range map[string]int{"MaxClients": o.MaxClients, "MaxMessage": o.MaxMessage, "Output": o.Output, "ReplayBytes": o.ReplayBytes} {
		if n < 0 {
			errs = append(errs, fmt.Errorf("door: %s %d is negative", name, n))
		}
	}
	if o.MaxMessage > maxMessage {
		errs = append(errs, fmt.Errorf("door: MaxMessage %d is more than %d", o.MaxMessage, maxMessage))
	}
	if o.Confirm < 0 || o.Publish < 0 {
		errs = append(errs, fmt.Errorf("door: Confirm %v or Publish %v is negative", o.Confirm, o.Publish))
	}
	return o, errors.Join(errs...)
}

// limits are those of clients that may do everything.
func (o Options) limits() resp.Limits {
	return resp.Limits{Arguments: maxArgs, Bulk: o.MaxMessage, Command: 2 * maxMessage}
}

func loopback(a net.Addr) bool {
	tcp, ok := a.(*net.TCPAddr)
	return !ok || tcp.IP.IsLoopback() // what is no TCP address is of this machine
}
