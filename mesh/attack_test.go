package mesh

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	pubsub_pb "github.com/libp2p/go-libp2p-pubsub/pb"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/peerstore"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/multiformats/go-multiaddr"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	"github.com/signalmesh/signalmesh/mesh/frame"
)

const gossipProtocol protocol.ID = "/meshsub/1.1.0"

// A siege is two nodes that are one mesh, and a host with their credentials that
// does what it likes.
type siege struct {
	t              *testing.T
	target, friend *Topic
	attacker       host.Host
	got            chan string
	log            *logged
}

// logged is what a node logged.
type logged struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

type receiver chan string

func (r receiver) Receive(_, channel string, data []byte) { r <- channel + "=" + string(data) }
func (receiver) Left(string)                              {}
func (receiver) Gap(string, uint64)                       {}

func besiege(t *testing.T) *siege {
	s := &siege{t: t, got: make(chan string, 64), log: &logged{}}
	options := Options{Cache: "demo", UserID: "alice", Password: "correct horse", Listen: []multiaddr.Multiaddr{multiaddr.StringCast("/ip4/127.0.0.1/tcp/0")}}
	openNode := func(name string, logger *slog.Logger) *Topic {
		o := options
		o.Name, o.Logger = name, logger
		m, err := New(o)
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, m.Close()) })
		topic, err := m.Join("chat")
		require.NoError(t, err)
		return topic
	}
	s.target = openNode("target", slog.New(slog.NewTextHandler(s.log, nil)))
	s.friend = openNode("friend", nil)
	_, err := s.target.Attach(receiver(s.got))
	require.NoError(t, err)
	_, err = s.friend.mesh.Dial(t.Context(), s.target.mesh.Addrs()[0])
	require.NoError(t, err)
	s.await(func() bool {
		m := s.target.Members()
		return len(m) == 1 && m[0].Linked && m[0].Synced
	}, "the friend")

	o, err := options.complete()
	require.NoError(t, err)
	secure, err := newHandshake(o)
	require.NoError(t, err)
	h, _, err := newHost(o, secure, newGuard())
	require.NoError(t, err)
	h.Start()
	t.Cleanup(func() { _ = h.Close() })
	s.attacker = h
	h.Peerstore().AddAddrs(s.target.mesh.host.ID(), s.target.mesh.Addrs(), peerstore.PermanentAddrTTL)
	return s
}

func (s *siege) await(ok func() bool, what string) {
	s.t.Helper()
	require.Eventually(s.t, ok, 20*time.Second, 2*time.Millisecond, what)
}

func (s *siege) stream(p protocol.ID) (network.Stream, error) {
	ctx, cancel := context.WithTimeout(s.t.Context(), 10*time.Second)
	defer cancel()
	return s.attacker.NewStream(ctx, s.target.mesh.host.ID(), p)
}

// hello opens a stream as a member does.
func (s *siege) hello(change func(*frame.Hello)) network.Stream {
	h := frame.Hello{Application: "chat", Member: frame.Member{Epoch: 666, Name: "eve"}, Head: frame.Head{Base: 1, Next: 1}}
	if change != nil {
		change(&h)
	}
	st, err := s.stream(framesProtocol)
	require.NoError(s.t, err)
	s.write(st, frame.Append(nil, h))
	return st
}

func (s *siege) write(w io.Writer, b []byte) {
	_, err := w.Write(b)
	require.NoError(s.t, err)
}

// cutOff says that the attacker was cut off and counted once, with a line in the log that
// says why, that it is not let in again, and that others are served.
func (s *siege) cutOff(why string) {
	s.t.Helper()
	id, target := s.attacker.ID(), s.target.mesh.host.ID()
	s.await(func() bool { return s.target.mesh.violations.Load() == 1 }, "counted: "+why)
	s.await(func() bool { return len(s.target.mesh.swarm.ConnsToPeer(id)) == 0 }, "cut off")
	assert.Contains(s.t, s.log.String(), "peer cut off")
	assert.Contains(s.t, s.log.String(), why)
	for _, m := range s.target.Members() {
		assert.False(s.t, m.Name == "eve" && m.Linked)
	}
	_ = s.attacker.Network().ClosePeer(target)
	ctx, cancel := context.WithTimeout(s.t.Context(), 10*time.Second)
	defer cancel()
	if err := s.attacker.Connect(ctx, peer.AddrInfo{ID: target}); err == nil { // the ban shows after the handshake
		_, err = s.attacker.NewStream(ctx, target, framesProtocol)
		assert.Error(s.t, err, "banned")
	}
	s.served()
}

// served says that the friend's messages arrive.
func (s *siege) served() {
	s.t.Helper()
	require.NoError(s.t, s.target.Subscribe(s.t.Context(), "all"))
	_, err := s.friend.Publish(s.t.Context(), "all", []byte("hi"))
	require.NoError(s.t, err)
	select {
	case got := <-s.got:
		assert.Equal(s.t, "all=hi", got)
	case <-time.After(20 * time.Second):
		s.t.Error("the friend is not served any more")
	}
}

func TestAnAttackerInsideIsCutOff(t *testing.T) {
	for name, attack := range map[string]struct {
		why string
		do  func(*siege)
	}{
		"speaks in another node's life": {"epoch of another node", func(s *siege) {
			epoch := epoch(s.friend)
			s.hello(func(h *frame.Hello) { h.Member.Epoch = epoch })
		}},
		"speaks in the target's own life": {"epoch of another node", func(s *siege) {
			s.hello(func(h *frame.Hello) { h.Member.Epoch = epoch(s.target) })
		}},
		"jumps to the end of the sequence": {"sequence", func(s *siege) {
			s.write(s.hello(nil), frame.Append(nil, &frame.Data{First: 1 << 62, Records: [][]byte{{1}}}))
		}},
		"acknowledges what was never sent": {"acknowledges", func(s *siege) {
			ack := &frame.Ack{Epoch: epoch(s.target), Next: 1 << 40}
			s.write(s.hello(nil), frame.Append(nil, ack))
		}},
		"announces a giant frame": {"4294967295 bytes", func(s *siege) {
			s.write(s.hello(nil), []byte{255, 255, 255, 255})
		}},
		"announces a giant record": {"part of a record", func(s *siege) {
			s.write(s.hello(nil), frame.Append(nil, frame.Part{Sequence: 1, Size: 1 << 50, Bytes: []byte("x")}))
		}},
		"sends bytes without sense": {"malformed", func(s *siege) {
			s.write(s.hello(nil), []byte{0, 0, 0, 3, 2, 255, 255})
		}},
		"opens streams without end": {"opens streams without end", func(s *siege) {
			for range 10 * streamsAtOnce {
				st, err := s.stream(framesProtocol)
				if err != nil {
					return
				}
				_ = st.Reset()
			}
			s.t.Error("nobody stopped it")
		}},
		"subscribes to many topics at once": {"subscribes without end", func(s *siege) {
			s.subscribe(10 * maxTopics)
		}},
		"subscribes and unsubscribes without end": {"subscribes without end", func(s *siege) {
			st := s.gossip()
			for range 100 * subscriptionsAtOnce {
				if err := s.subscribeOn(st, 1); err != nil {
					return
				}
			}
		}},
		"forges the author of a topic message": {"not signed by its author", func(s *siege) {
			victim := s.friend.mesh.host.ID()
			b, err := sign(s.attacker.Peerstore().PrivKey(s.attacker.ID()), victim, s.target.name, 1<<40,
				frame.AppendTopic(nil, &frame.Announce{Member: frame.Member{Epoch: 666}, Leaving: true}))
			require.NoError(s.t, err)
			s.publish(b)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			s := besiege(t)
			attack.do(s)
			s.cutOff(attack.why)
		})
	}
}

func epoch(t *Topic) uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.core.Hello("").Member.Epoch
}

// gossip opens a GossipSub stream.
func (s *siege) gossip() network.Stream {
	st, err := s.stream(gossipProtocol)
	require.NoError(s.t, err)
	return st
}

func (s *siege) subscribe(topics int) {
	require.NoError(s.t, s.subscribeOn(s.gossip(), topics))
}

func (s *siege) subscribeOn(st network.Stream, topics int) error {
	rpc := &pubsub_pb.RPC{}
	for i := range topics {
		rpc.Subscriptions = append(rpc.Subscriptions, &pubsub_pb.RPC_SubOpts{Subscribe: yes(true), Topicid: yes(fmt.Sprintf("%s-%d", s.target.name, i))})
	}
	return writeRPC(st, rpc)
}

func (s *siege) publish(data []byte) {
	require.NoError(s.t, writeRPC(s.gossip(), &pubsub_pb.RPC{Publish: []*pubsub_pb.Message{{Data: data, Topic: yes(s.target.name)}}}))
}

func yes[T any](v T) *T { return &v }

func writeRPC(st network.Stream, rpc *pubsub_pb.RPC) error {
	b, err := proto.Marshal(rpc)
	if err != nil {
		return err
	}
	_, err = st.Write(append(binary.AppendUvarint(nil, uint64(len(b))), b...))
	return err
}

func TestAPeerThatSaysNothingIsHungUpOn(t *testing.T) {
	t.Parallel() // it waits for helloTimeout
	s := besiege(t)
	st, err := s.stream(framesProtocol)
	require.NoError(t, err)
	s.write(st, []byte{0}) // and nothing more
	_ = st.SetReadDeadline(time.Now().Add(helloTimeout + 10*time.Second))
	_, err = st.Read(make([]byte, 1))
	require.Error(t, err)
	assert.False(t, errors.Is(err, context.DeadlineExceeded))
	s.served()
}

func TestTheGuardForgets(t *testing.T) {
	g := newGuard()
	g.offended = func(peer.ID, error) {}
	for i := range 2 * maxWatched {
		g.allowance(peer.ID(fmt.Sprint(i)))
		g.ban(peer.ID(fmt.Sprint(i)))
	}
	assert.LessOrEqual(t, len(g.peers), maxWatched)
	assert.LessOrEqual(t, len(g.banned), maxWatched)
	assert.False(t, g.allows(peer.ID("1")))
	assert.True(t, g.allows(peer.ID("another")))
}
