package ncconf

import (
	"net/netip"
	"strings"
	"time"

	"github.com/signalmesh/signalmesh/discovery/diag"
)

// What counts where the file is silent. DefaultConnectionRetries is what NCache
// wrote into its files up to 5.2.
const (
	DefaultPort                 = 9800
	DefaultConnectionRetries    = 5
	DefaultRetryInterval        = time.Second
	DefaultConnectionTimeout    = 5 * time.Second
	DefaultClientRequestTimeout = 90 * time.Second
	DefaultCommandRetries       = 3
	DefaultCommandRetryInterval = 100 * time.Millisecond
	DefaultKeepAliveInterval    = 30 * time.Second
	DefaultLoadBalancerRetries  = 15

	maxCount = 1<<31 - 1
)

// Settings are the node-wide settings: <ncache-server> and <ncache-client>.
type Settings struct {
	// Port is the mesh's TCP port: to listen on, and of every seed without its own.
	Port Setting[int]
	// ConnectionRetries is how many walks over the seeds a fast phase has, 1 or more.
	ConnectionRetries Setting[int]
	// RetryInterval is the pause after a walk. 0 is allowed.
	RetryInterval Setting[time.Duration]
	// RetryConnectionDelay is the pause between fast phases. 0: let it grow.
	RetryConnectionDelay Setting[time.Duration]
	// ConnectionTimeout bounds one dial, handshakes included.
	ConnectionTimeout Setting[time.Duration]
	// ClientRequestTimeout bounds an acknowledged operation on another node.
	ClientRequestTimeout Setting[time.Duration]
	// CommandRetries is how often such an operation is sent again.
	CommandRetries Setting[int]
	// CommandRetryInterval is the pause before it is sent again.
	CommandRetryInterval Setting[time.Duration]
	// KeepAlive asks for a ping to peers that were idle for KeepAliveInterval,
	// which is 1 s to 2 h.
	KeepAlive         Setting[bool]
	KeepAliveInterval Setting[time.Duration]
	// LocalIP is the address to listen on, if it belongs to this host. The zero
	// Addr means all.
	LocalIP Setting[netip.Addr]
	// LoadBalancerRetries is how often a load balancer is dialled in one walk, at
	// least 2.
	LoadBalancerRetries Setting[int]
}

// unusedNode are attributes of <ncache-server> without a meaning in a mesh, with
// the values that need no mention.
var unusedNode = map[string]string{"enable-nagling": "false"}

func defaults() Settings {
	return Settings{
		Port:                 byDefault(DefaultPort),
		ConnectionRetries:    byDefault(DefaultConnectionRetries),
		RetryInterval:        byDefault(DefaultRetryInterval),
		ConnectionTimeout:    byDefault(DefaultConnectionTimeout),
		ClientRequestTimeout: byDefault(DefaultClientRequestTimeout),
		CommandRetries:       byDefault(DefaultCommandRetries),
		CommandRetryInterval: byDefault(DefaultCommandRetryInterval),
		KeepAliveInterval:    byDefault(DefaultKeepAliveInterval),
		LoadBalancerRetries:  byDefault(DefaultLoadBalancerRetries),
	}
}

// readNode reads <ncache-server>.
func readNode(r *report, e *element, o Options) Settings {
	s := newSection(r, e, o)
	out := defaults()
	out.Port = s.port(s.take("port"), DefaultPort)
	out.ConnectionRetries = s.count(s.take("connection-retries"), 1, maxCount, DefaultConnectionRetries)
	out.RetryInterval = s.seconds(s.take("retry-interval"), 0, DefaultRetryInterval)
	out.RetryConnectionDelay = s.seconds(s.take("retry-connection-delay", "retry-connection-delays"), 0, 0)
	out.ConnectionTimeout = s.connectionTimeout(s.take("connection-timeout", "connection-timout"))
	out.ClientRequestTimeout = s.requestTimeout(s.take("client-request-timeout"))
	out.CommandRetries = s.count(s.take("command-retries"), 0, maxCount, DefaultCommandRetries)
	out.CommandRetryInterval = s.fraction(s.take("command-retry-interval"), DefaultCommandRetryInterval)
	out.KeepAlive, out.KeepAliveInterval = s.keepAlive()
	out.LocalIP = s.localIP(s.take("local-server-ip"))
	out.LoadBalancerRetries = s.loadBalancerRetries(DefaultLoadBalancerRetries)
	s.summarise(s.unused(unusedNode))
	s.done()
	return out
}

// readClient reads <ncache-client>, which holds nothing but a bind address of
// lower precedence.
func readClient(r *report, e *element, o Options, out *Settings) {
	s := newSection(r, e, o)
	r.element(diag.Notice, e, "<ncache-client> is deprecated; write local-server-ip on <ncache-server>")
	for _, name := range []string{"local-server-ip", "bind-ip-address"} {
		if ip := s.localIP(s.take(name)); !out.LocalIP.Value.IsValid() && ip.Value.IsValid() {
			out.LocalIP = ip
		}
	}
	s.done()
}

func (s *section) connectionTimeout(a *attribute) Setting[time.Duration] {
	v := s.seconds(a, 0, DefaultConnectionTimeout)
	if v.Value == 0 {
		s.attribute(diag.Notice, s.e, a, "%s would leave no time to connect; %v is used", a.shown(), DefaultConnectionTimeout)
		v = byDefault(DefaultConnectionTimeout)
	}
	return v
}

func (s *section) requestTimeout(a *attribute) Setting[time.Duration] {
	v := s.seconds(a, 1, DefaultClientRequestTimeout)
	if v.Value < time.Minute {
		s.attribute(diag.Notice, s.e, a, "%s is used as written; NCache would raise it to 60", a.shown())
	}
	return v
}

// keepAlive reads the pair. Generated files carry an interval of 0 beside
// "False", so an interval out of range is worth a word only if it is used.
func (s *section) keepAlive() (on Setting[bool], every Setting[time.Duration]) {
	flag, interval := s.take("enable-keep-alive"), s.take("keep-alive-interval")
	on = s.flag(flag, false)
	if !on.Value && !on.Origin.IsDefault() {
		s.attribute(diag.Notice, s.e, flag, "%s switches off NCache's ping only; the mesh still watches its connections", flag.shown())
	}
	every = byDefault(DefaultKeepAliveInterval)
	n, ok := s.number(interval, " of seconds")
	switch {
	case !ok:
	case n >= 1 && n <= 7200:
		every = Setting[time.Duration]{time.Duration(n) * time.Second, interval.at}
	case on.Value:
		s.attribute(diag.Warning, s.e, interval, "%s is outside 1 to 7200; %v is used", interval.shown(), DefaultKeepAliveInterval)
	}
	return on, every
}

// localIP reads an address to bind to. NCache ignores what it cannot use without
// a word; we ignore it too, but say so.
func (s *section) localIP(a *attribute) Setting[netip.Addr] {
	v := s.word(a)
	if v.Value == "" {
		return Setting[netip.Addr]{}
	}
	ip, err := netip.ParseAddr(strings.Trim(v.Value, "[]"))
	switch {
	case err != nil:
		s.attribute(diag.Warning, s.e, a, "%s is no IP address; it is ignored", a.shown())
	case ip.IsLoopback() || ip.IsUnspecified():
		s.attribute(diag.Notice, s.e, a, "%s is ignored, as NCache does: it would cut the node off", a.shown())
	default:
		return Setting[netip.Addr]{ip, v.Origin}
	}
	return Setting[netip.Addr]{}
}

func (s *section) loadBalancerRetries(fallback int) Setting[int] {
	return s.count(s.take("load-balancer-connection-retries"), 2, maxCount, fallback)
}

// summarise names the attributes that are set but mean nothing here, in one notice.
func (s *section) summarise(set []*attribute) {
	if len(set) == 0 {
		return
	}
	names := make([]string, len(set))
	for i, a := range set {
		names[i] = a.key
	}
	s.element(diag.Notice, s.e, "ignored, because it has no meaning in a mesh: %s", strings.Join(names, ", "))
}
