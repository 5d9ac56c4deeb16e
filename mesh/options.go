package mesh

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/multiformats/go-multiaddr"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/signalmesh/signalmesh/mesh/admission"
)

// minDegree is the least that GossipSub takes; more copies of each message than
// maxDegree help nobody.
const minDegree, maxDegree = 2, 64

// DefaultAdmissionTimeout is the default of Options.AdmissionTimeout.
const DefaultAdmissionTimeout = 5 * time.Second

// Options are the settings of a Mesh.
type Options struct {
	// Cache names the mesh: only nodes with the same cache name let each other in.
	// Letter case does not matter. Required.
	Cache string
	// UserID and Password are this node's own credentials, which it proves to every
	// peer; they are never sent. Without a password anybody who knows the cache name
	// gets in, so the node listens on loopback only, unless AllowAnonymous.
	UserID, Password string
	AllowAnonymous   bool
	// Users are those who are let in, each into its applications; every node should
	// have the same. Nil means whoever proves UserID and Password. Mesh.Accept changes
	// them later.
	Users []admission.User

	// Listen are the TCP addresses to listen on; one is required, unless DialOnly is set.
	// Port 0 lets the system pick. If all addresses of both families are listed with one
	// port (/ip4/0.0.0.0 and /ip6/::), a family that this machine does not have is left
	// out, and port 0 is the same in both if possible. Every other address must work.
	Listen []multiaddr.Multiaddr
	// DialOnly listens nowhere. Other nodes cannot connect to this one: it connects to
	// all of them, and they do not count it as a server.
	DialOnly bool
	// Advertise are the addresses told to peers, 8 at most. Empty means those of Listen,
	// with the addresses of all interfaces in place of 0.0.0.0 and ::. Loopback and
	// link-local addresses are left out if there are others.
	Advertise []multiaddr.Multiaddr
	// Public maps an address that a peer advertises to the one it is dialled at, for
	// peers behind a NAT. Nil changes nothing. It may be called concurrently.
	Public func(multiaddr.Multiaddr) multiaddr.Multiaddr
	// Identity is the key of the peer ID. Nil means a fresh one, which is best: it
	// makes a restarted node a new one to everybody.
	Identity crypto.PrivKey
	// Name and Version are shown to people on other nodes.
	Name, Version string

	// Network makes the connections. Nil means the TCP of this machine; simulations
	// give another.
	Network Network

	// Verify tells whether a message of the topic was signed with the other half of key,
	// as key.Verify does, which nil means. Simulations of many nodes in one process ask
	// it once for all of them. What says yes too often lets anybody speak for a peer.
	Verify func(key crypto.PubKey, message, signature []byte) (bool, error)

	// DialTimeout bounds one dial with its handshakes. Zero means 5 s.
	DialTimeout time.Duration
	// JoinTimeout bounds how long servers that do not answer delay Topic.Joined, from
	// Mesh.Join on. Zero means 10 s.
	JoinTimeout time.Duration
	// AdmissionTimeout is how long a peer that connects may take until it is admitted.
	// Zero means 5 s.
	AdmissionTimeout time.Duration
	// Unadmitted bounds the connections of peers that are not admitted yet. At a bound
	// the oldest silent one is closed for a new one; see admission.Lobby. Zero fields
	// have the defaults of admission.LobbyLimits. More costs file descriptors.
	Unadmitted admission.LobbyLimits
	// ConfirmTimeout is how long Subscribe waits for a live server that does not
	// confirm. Zero means 5 s.
	ConfirmTimeout time.Duration
	// CloseTimeout bounds how long Close waits for what was published to leave.
	// Zero means 3 s.
	CloseTimeout time.Duration
	// MaxMessage bounds a message, in bytes with its channel name. It may not be more
	// than ReplayBytes, and should be the same on all nodes: a larger message of another
	// node is a violation. Another node can make this one hold that much. Zero means
	// 16 MiB, or ReplayBytes if that is less.
	MaxMessage int
	// ReplayBytes and ReplayAge bound what is kept for a peer that is away, so that
	// it misses nothing when it is back. Zero means 64 MiB and 2 minutes.
	ReplayBytes int
	ReplayAge   time.Duration

	// Backlog is how many bytes may wait for one linked peer's acknowledgement before
	// publishers wait. Zero means 16 MiB.
	Backlog int
	// SuspectAfter and GoneAfter are how long a peer may be silent until it is suspect,
	// and until it is gone. Zero means 3 s and 10 s.
	SuspectAfter, GoneAfter time.Duration
	// ForgetAfter is how long a failed server is listed as missing. Zero means 1 h.
	ForgetAfter time.Duration
	// Direct is the number of links up to which every server of an application is
	// linked directly; beyond it the rest is reached over the topic. Each costs memory,
	// and heartbeats. Zero means 64.
	Direct int
	// Degree is how many peers a message of the topic is forwarded to. More find a way
	// round more missing links, and send each message more often. Zero means 4.
	Degree int

	// OnHealth is told whenever the health of an application's mesh changes; it starts
	// as Isolated. It is called by one goroutine for each application, and may take its
	// time: changes meanwhile are told as one. Nil means nobody.
	OnHealth func(application string, c Condition)

	Logger  *slog.Logger          // nil: silent
	Metrics prometheus.Registerer // nil: none
}

// complete returns o with its zero fields filled in, or every reason it is wrong.
func (o Options) complete() (Options, error) {
	o.DialTimeout = cmp.Or(o.DialTimeout, 5*time.Second)
	o.AdmissionTimeout = cmp.Or(o.AdmissionTimeout, DefaultAdmissionTimeout)
	o.ConfirmTimeout = cmp.Or(o.ConfirmTimeout, 5*time.Second)
	o.CloseTimeout = cmp.Or(o.CloseTimeout, 3*time.Second)
	replay := cmp.Or(o.ReplayBytes, 64<<20)
	o.MaxMessage = cmp.Or(o.MaxMessage, min(16<<20, replay))
	o.Degree = cmp.Or(o.Degree, 4)
	o.ForgetAfter = cmp.Or(o.ForgetAfter, time.Hour)
	if o.Public == nil {
		o.Public = func(a multiaddr.Multiaddr) multiaddr.Multiaddr { return a }
	}
	if o.Verify == nil {
		o.Verify = crypto.PubKey.Verify
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	var errs []error
	if o.Cache == "" {
		errs = append(errs, errors.New("mesh: no cache name; set Options.Cache"))
	}
	switch {
	case o.DialOnly && len(o.Listen)+len(o.Advertise) > 0:
		errs = append(errs, errors.New("mesh: DialOnly listens nowhere; leave out Listen and Advertise"))
	case o.DialOnly:
	default:
		errs = append(errs, o.checkListen())
	}
	if o.MaxMessage < 0 || o.MaxMessage > replay {
		errs = append(errs, fmt.Errorf("mesh: MaxMessage %d is not between 1 and ReplayBytes, %d", o.MaxMessage, replay))
	}
	if l := o.Unadmitted; o.AdmissionTimeout < 0 || l.Total < 0 || l.Address < 0 || l.Site < 0 {
		errs = append(errs, fmt.Errorf("mesh: AdmissionTimeout %v and Unadmitted %+v may not be below 0", o.AdmissionTimeout, l))
	}
	if o.Degree < minDegree || o.Degree > maxDegree {
		errs = append(errs, fmt.Errorf("mesh: Degree %d is not between %d and %d", o.Degree, minDegree, maxDegree))
	}
	if o.JoinTimeout < 0 {
		errs = append(errs, fmt.Errorf("mesh: JoinTimeout %v is negative", o.JoinTimeout))
	}
	if o.Backlog < 0 || o.Direct < 0 {
		errs = append(errs, fmt.Errorf("mesh: Backlog %d and Direct %d may not be below 0", o.Backlog, o.Direct))
	}
	if suspect, gone := cmp.Or(o.SuspectAfter, 3*time.Second), cmp.Or(o.GoneAfter, 10*time.Second); suspect < time.Second || gone < suspect {
		errs = append(errs, fmt.Errorf("mesh: SuspectAfter %v is not between 1s and GoneAfter, %v", suspect, gone))
	}
	if o.ForgetAfter < 0 {
		errs = append(errs, fmt.Errorf("mesh: ForgetAfter %v is negative", o.ForgetAfter))
	}
	return o, errors.Join(errs...)
}

func (o Options) network() Network {
	if o.Network != nil {
		return o.Network
	}
	return &machine{}
}
