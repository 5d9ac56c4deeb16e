package mesh

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	pb "github.com/libp2p/go-libp2p-pubsub/pb"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/signalmesh/signalmesh/mesh/frame"
)

// gossipQueue is the length of GossipSub's queues. Its default, 32, loses bursts
// in silence.
const gossipQueue = 4096

// newGossip opens GossipSub for a cluster in a LAN.
func newGossip(ctx context.Context, h host.Host, degree int, own subscriptions, tracer pubsub.RawTracer) (*pubsub.PubSub, error) {
	params := pubsub.DefaultGossipSubParams()
	// A publisher floods to all its peers, so forwarding only has to get round
	// missing links. The default degree of 6 would send each message six times as
	// often as there are nodes.
	params.D, params.Dlo, params.Dhi = degree, max(1, degree-1), degree+2
	// GossipSub wants Dout below Dlo and below half of the degree.
	params.Dout, params.Dscore = min(1, degree/2-1), degree/2
	// A message is offered to who has not got it for three heartbeats of a second. No
	// longer: what is old is said anew or was repaired, and the last words of the dead
	// would make them look alive.
	params.HistoryGossip, params.HistoryLength = 3, 5
	// Each heartbeat offers it to Dlazy peers, 6, however many there are. The default is
	// a quarter of them: in a mesh of 80 that was a quarter of all that nodes sent.
	params.GossipFactor = 0
	ps, err := pubsub.NewGossipSub(ctx, h,
		pubsub.WithGossipSubParams(params),
		// Flooding spares a new node the wait for the next heartbeat's graft.
		pubsub.WithFloodPublish(true),
		// Authors sign inside the message; see signed.go.
		pubsub.WithMessageSignaturePolicy(pubsub.StrictNoSign),
		pubsub.WithNoAuthor(),
		pubsub.WithMessageIdFn(messageID),
		pubsub.WithMaxMessageSize(2*frame.MaxTopic),
		pubsub.WithPeerOutboundQueueSize(gossipQueue),
		pubsub.WithValidateQueueSize(gossipQueue),
		pubsub.WithSeenMessagesTTL(2*time.Minute),
		pubsub.WithSubscriptionFilter(own),
		pubsub.WithPeerFilter(own.allow),
		pubsub.WithRawTracer(tracer),
	)
	if err != nil {
		return nil, fmt.Errorf("open GossipSub: %w", err)
	}
	return ps, nil
}

// subscriptions is GossipSub's filter: only topics with this prefix exist, those
// of the cache, and to a peer only those of the applications it may speak for: it
// gets nothing of the others. It takes in applications that are not ours, since a
// peer tells of its topics once, which may be before we join one of them.
type subscriptions struct {
	prefix    string
	allows    func(p peer.ID, application string) bool
	guard     *guard
	announced *announced
}

// CanSubscribe tells whether the topic is of the cache.
func (s subscriptions) CanSubscribe(name string) bool { return strings.HasPrefix(name, s.prefix) }

// allow tells whether a peer may be on a topic.
func (s subscriptions) allow(p peer.ID, name string) bool {
	application, ok := s.application(name)
	return ok && s.allows(p, application)
}

// application returns the application of a topic of the cache.
func (s subscriptions) application(name string) (application string, ok bool) {
	escaped, ok := strings.CutSuffix(strings.TrimPrefix(name, s.prefix), topicSuffix)
	application, err := url.PathUnescape(escaped)
	return application, ok && err == nil && s.CanSubscribe(name)
}

// FilterIncomingSubscriptions drops the topics of strangers, and those that the peer
// may not be on.
func (s subscriptions) FilterIncomingSubscriptions(p peer.ID, subs []*pb.RPC_SubOpts) ([]*pb.RPC_SubOpts, error) {
	if err := s.guard.subscriptions(p, len(subs)); err != nil {
		return nil, err
	}
	allowed := pubsub.FilterSubscriptions(subs, func(name string) bool { return s.allow(p, name) })
	for _, sub := range allowed {
		if application, ok := s.application(sub.GetTopicid()); ok {
			s.announced.note(p, application, sub.GetSubscribe())
		}
	}
	return allowed, nil
}
