package core

import (
	"cmp"
	"math/rand/v2"
	"time"

	"github.com/signalmesh/signalmesh/mesh/frame"
)

// A Peer names a node: its libp2p peer ID, as bytes.
type Peer string

// Options are the settings of a Node. A zero field means its default.
type Options struct {
	Self        Peer
	Application string
	Member      frame.Member // of this node; Epoch must be random
	Shell       Shell
	Rand        *rand.Rand // for jitter

	// Backlog is how many bytes may wait for one linked peer's acknowledgement
	// before Publish reports ErrBacklog. Default 16 MiB.
	Backlog int
	// WindowBytes and WindowAge bound what is kept for a peer that is away: the
	// replay window. Defaults 64 MiB and 2 minutes.
	WindowBytes int
	WindowAge   time.Duration
	// MaxMessage bounds channel name and data of a message. Default 16 MiB.
	MaxMessage int
	// HeldBytes bounds what is held back for one peer because it came early.
	// Default 16 MiB.
	HeldBytes int
	// EstateBytes bounds the messages of one peer that are kept after they were
	// delivered, for those who lack them if the peer dies. Default 16 MiB.
	EstateBytes int
	// MaxInterest bounds the channel names that one node may want, in bytes. A member
	// that exceeds it is cut off. Default 128 MiB.
	MaxInterest int
	// MaxMembers bounds the members; more are not let in. Default 4096.
	MaxMembers int
	// HoleTimeout is how long delivery waits for a missing record that its sender,
	// alive all the time, claims to have. Default 30 s.
	HoleTimeout time.Duration
	// SuspectAfter and GoneAfter are how long a peer may be silent; one without a link
	// so much longer as a large mesh says less on the topic. Defaults 3 s and 10 s.
	SuspectAfter, GoneAfter time.Duration
	// Heartbeat is how often a linked member is told where we are. Default 1 s.
	Heartbeat time.Duration
	// AnnounceEvery is the interval of Announce on the topic while a member of a small
	// mesh has no link to us; otherwise it is twice as long, or more. Default 1 s.
	AnnounceEvery time.Duration
	// LongRoadAfter is how long a member that lost its link, or could not be dialled,
	// is waited for before its records take the long way round. Default 300 ms.
	LongRoadAfter time.Duration
	// JoinTimeout bounds how long servers that do not answer delay joining, from New on.
	// Default DefaultJoinTimeout.
	JoinTimeout time.Duration
	// FullMesh is the number of links up to which every member is linked directly: what
	// goes round over the topic costs everybody, so that links are cheaper as long as a
	// machine can bear them. In a larger mesh a node makes a quarter as many. Default 256.
	FullMesh int
}

func (o Options) complete() Options {
	o.Backlog = cmp.Or(o.Backlog, 16<<20)
	o.WindowBytes = cmp.Or(o.WindowBytes, 64<<20)
	o.WindowAge = cmp.Or(o.WindowAge, 2*time.Minute)
	o.MaxMessage = cmp.Or(o.MaxMessage, 16<<20)
	o.HeldBytes = cmp.Or(o.HeldBytes, 16<<20)
	o.EstateBytes = cmp.Or(o.EstateBytes, 16<<20)
	o.MaxInterest = cmp.Or(o.MaxInterest, 128<<20)
	o.MaxMembers = cmp.Or(o.MaxMembers, 4096)
	o.HoleTimeout = cmp.Or(o.HoleTimeout, 30*time.Second)
	o.SuspectAfter = cmp.Or(o.SuspectAfter, 3*time.Second)
	o.GoneAfter = cmp.Or(o.GoneAfter, 10*time.Second)
	o.Heartbeat = cmp.Or(o.Heartbeat, time.Second)
	o.AnnounceEvery = cmp.Or(o.AnnounceEvery, time.Second)
	o.LongRoadAfter = cmp.Or(o.LongRoadAfter, 300*time.Millisecond)
	o.JoinTimeout = cmp.Or(o.JoinTimeout, DefaultJoinTimeout)
	o.FullMesh = cmp.Or(o.FullMesh, 256)
	return o
}

// A Shell does what a Node decides. Its methods are called from within the
// Node's and must only note what is to be done; they may not call the Node.
type Shell interface {
	// Wake says that Next has something for the link to m.
	Wake(m *Member)
	// WakeTopic says that NextTopic has something.
	WakeTopic()
	// Inbox says that Inbox has something from m.
	Inbox(m *Member)
	// Dial asks for a connection to p, and for Dialed if there will be none.
	Dial(p Peer, addrs []string)
	// Hang asks to end the link with p, which carries nothing though p is alive. It
	// may be asked again until LinkDown or WelcomeOver.
	Hang(p Peer)
	// Room says that a Publish that met ErrBacklog may be tried again.
	Room()
	// Confirmed says that every live member knows the subscription with ticket.
	Confirmed(ticket uint64)
	// Changed says that m joined, left, or changed its state.
	Changed(m *Member, s State)
	// Joined says that the node has joined. It is called once. The servers in late were
	// not waited for any longer: messages between them and this node may be lost until
	// they are members.
	Joined(late []Pending)
}
