package discovery

import (
	"cmp"
	"time"

	"github.com/signalmesh/signalmesh/discovery/appsettings"
	"github.com/signalmesh/signalmesh/discovery/ncconf"
)

// A Policy says how seeds are dialled. The zero Policy is that of a client.ncconf
// which sets nothing, but in the order given.
type Policy struct {
	// Retries is how many walks over the seeds a fast phase has. Zero means 5.
	Retries int
	// Interval is the pause after a walk, give or take 20 %. Zero means 1 s; less
	// than MinInterval is raised to it.
	Interval time.Duration
	// Delay is the pause between fast phases, in addition to Interval. Zero means a
	// pause that grows from Interval to 30 s, doubling each time.
	Delay time.Duration
	// DialTimeout bounds one dial, handshakes included. Zero means 5 s.
	DialTimeout time.Duration
	// Shuffle dials the seeds in an order of this process's own, so that many
	// nodes that start together do not all dial the first one.
	Shuffle bool
}

// MinInterval is the shortest pause after a walk: refused dials cost no time, and
// a loop without any pause would spin.
const MinInterval = 100 * time.Millisecond

func (p Policy) complete() Policy {
	p.Retries = max(cmp.Or(p.Retries, ncconf.DefaultConnectionRetries), 1)
	p.Interval = max(cmp.Or(p.Interval, ncconf.DefaultRetryInterval), MinInterval)
	p.Delay = max(p.Delay, 0)
	if p.DialTimeout <= 0 {
		p.DialTimeout = ncconf.DefaultConnectionTimeout
	}
	return p
}

// CachePolicy is the policy that a cache of client.ncconf asks for.
func CachePolicy(c *ncconf.Cache) Policy {
	return Policy{
		Retries:     c.ConnectionRetries.Value,
		Interval:    max(c.RetryInterval.Value, MinInterval),
		Delay:       c.RetryConnectionDelay.Value,
		DialTimeout: c.ConnectionTimeout.Value,
		Shuffle:     c.LoadBalance.Value,
	}
}

// With is p with what appsettings.json sets, which wins over client.ncconf.
func (p Policy) With(o appsettings.ConnectionOptions) Policy {
	if o.ConnectionRetries != nil {
		p.Retries = *o.ConnectionRetries
	}
	if o.RetryInterval != nil {
		p.Interval = max(seconds(*o.RetryInterval), MinInterval)
	}
	if o.RetryConnectionDelay != nil {
		p.Delay = seconds(*o.RetryConnectionDelay)
	}
	if o.ConnectionTimeout != nil {
		p.DialTimeout = seconds(*o.ConnectionTimeout)
	}
	if o.LoadBalance != nil {
		p.Shuffle = *o.LoadBalance
	}
	return p
}

func seconds(n int) time.Duration { return time.Duration(n) * time.Second }
