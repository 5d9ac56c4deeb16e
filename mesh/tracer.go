package mesh

import (
	"sync/atomic"
	"time"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
)

// A tracer counts what GossipSub drops, which it otherwise does in silence.
type tracer struct {
	sent, duplicates                         atomic.Uint64
	dropOutbound, dropRejected, dropConsumer atomic.Uint64
}

var _ pubsub.RawTracer = (*tracer)(nil)

func (t *tracer) SendRPC(rpc *pubsub.RPC, _ peer.ID)                   { t.sent.Add(uint64(len(rpc.GetPublish()))) }
func (t *tracer) DuplicateMessage(*pubsub.Message)                     { t.duplicates.Add(1) }
func (t *tracer) DropRPC(*pubsub.RPC, peer.ID)                         { t.dropOutbound.Add(1) }
func (t *tracer) RejectMessage(*pubsub.Message, string)                { t.dropRejected.Add(1) }
func (t *tracer) UndeliverableMessage(*pubsub.Message)                 { t.dropConsumer.Add(1) }
func (t *tracer) OnNewOutboundStream(peer.ID, protocol.ID)             {}
func (t *tracer) OnClosedOutboundStream(peer.ID)                       {}
func (t *tracer) Join(string)                                          {}
func (t *tracer) Leave(string)                                         {}
func (t *tracer) Graft(peer.ID, string)                                {}
func (t *tracer) Prune(peer.ID, string)                                {}
func (t *tracer) ValidateMessage(*pubsub.Message)                      {}
func (t *tracer) DeliverMessage(*pubsub.Message)                       {}
func (t *tracer) ThrottlePeer(peer.ID)                                 {}
func (t *tracer) RecvRPC(*pubsub.RPC)                                  {}
func (t *tracer) SendRPCCompleted(*pubsub.RPC, peer.ID, time.Duration) {}
