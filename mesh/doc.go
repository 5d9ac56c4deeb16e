// Package mesh is this process as a libp2p peer: identity, the secure handshake,
// GossipSub, and the direct streams that carry messages. A Topic, one for each
// application, is the backplane of that application's SignalR servers.
//
// The decisions are package core's; this package is the shell around it that owns
// the clock, the goroutines and the sockets. Each Topic has one mutex around its
// core. Publishers call the core themselves and then return: the goroutine of
// each link fetches what has piled up and writes it in one go. Each peer's own
// goroutine reads its stream, calls the core, and hands over what that released.
//
// # Admission
//
// A connection is secured with Noise, which proves the peer IDs; within it both
// sides prove their credentials (package admission), before the muxer. So a stranger
// reaches nothing of libp2p. As whom a peer was let in bounds the applications that
// it may open links for, publish to and hear of. Every refusal has a reason, which
// both sides log and count.
//
// # Roads
//
// Messages travel on direct streams, one in each direction between two members.
// The GossipSub topic carries who is a member, and the messages for a member that
// has no link with us, the long way round. GossipSub loses messages in silence and
// does not keep order, so nothing relies on it for either.
//
// # Life
//
// New opens the host, Join an application. Whoever finds addresses calls Dial;
// members tell each other of the rest. Topic.Close and Mesh.Close say goodbye and
// wait, within a bound, until the others have what was published.
//
// # Failure
//
// A closed connection makes a member suspect at once, silence does after 3 s; it is
// gone after 10 s, or at once if nobody listens at its address. Until the replay
// window is over, what it is offered is kept for it. What is given up after that is
// reported to both sides' logs and metrics and to Receiver.Gap.
package mesh
