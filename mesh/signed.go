package mesh

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	pb "github.com/libp2p/go-libp2p-pubsub/pb"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/signalmesh/signalmesh/mesh/frame"
)

// What travels on the topic is signed by its author, since others carry it. The
// mesh signs and verifies itself: GossipSub verifies a message each time it arrives
// until the first copy has passed, so with many nodes and little CPU it verifies
// most of them several times, falls behind, and verifies even more.
//
// A signed message is: length of the author's peer ID (1 byte), peer ID, length of
// the signature (1 byte), signature, number (8 bytes), content. Signed is the
// topic's name and what follows the signature. The author counts its messages, so
// that no two are the same to GossipSub, which drops what it has seen before.

var errSignature = errors.New("mesh: message on the topic is not signed by its author")

// A signed message is one whose author is proven.
type signed struct {
	author  peer.ID
	number  uint64 // how many the author had said before it, and 1
	content frame.TopicMessage
}

func signedText(topic string, content []byte) []byte {
	text := make([]byte, 0, len(topic)+len(content)+24)
	text = append(text, "signalmesh topic message "...)
	text = binary.AppendUvarint(text, uint64(len(topic)))
	return append(append(text, topic...), content...)
}

// sign makes the message of that number for the topic.
func sign(key crypto.PrivKey, author peer.ID, topic string, number uint64, content []byte) ([]byte, error) {
	content = append(binary.BigEndian.AppendUint64(nil, number), content...)
	signature, err := key.Sign(signedText(topic, content))
	if err != nil {
		return nil, fmt.Errorf("sign message for the topic: %w", err)
	}
	b := make([]byte, 0, 2+len(author)+len(signature)+len(content))
	b = append(append(b, byte(len(author))), author...)
	b = append(append(b, byte(len(signature))), signature...)
	return append(b, content...), nil
}

// verify takes a message of the topic apart. check is asked as crypto.PubKey.Verify.
func verify(topic string, b []byte, check func(key crypto.PubKey, message, signature []byte) (bool, error)) (signed, error) {
	author, rest, ok := cutShort(b)
	signature, content, ok2 := cutShort(rest)
	if !ok || !ok2 || len(content) < 8 || len(content) > frame.MaxTopic+8 {
		return signed{}, fmt.Errorf("%w: %d bytes on the topic", frame.ErrMalformed, len(b))
	}
	id := peer.ID(author)
	key, err := id.ExtractPublicKey()
	if err != nil {
		return signed{}, fmt.Errorf("%w: its peer ID holds no key", errSignature)
	}
	if valid, err := check(key, signedText(topic, content), signature); err != nil || !valid {
		return signed{}, errSignature
	}
	parsed, err := frame.ParseTopic(content[8:])
	return signed{id, binary.BigEndian.Uint64(content), parsed}, err
}

// cutShort cuts a string of at most 255 bytes off b, whose length is before it.
func cutShort(b []byte) (s, rest []byte, ok bool) {
	if len(b) == 0 || len(b) < 1+int(b[0]) {
		return nil, nil, false
	}
	end := 1 + int(b[0])
	return b[1:end], b[end:], true
}

// messageID names a message by all of its bytes, so that nobody can make GossipSub
// take another one for it.
func messageID(m *pb.Message) string {
	sum := sha256.Sum256(m.GetData())
	return string(sum[:16])
}

// validate lets a message pass once its author is proven. It runs once for each
// message that arrives, and before others are sent it.
func (t *Topic) validate(_ context.Context, from peer.ID, msg *pubsub.Message) pubsub.ValidationResult {
	if from == t.mesh.host.ID() {
		return pubsub.ValidationAccept // our own, on its way out
	}
	// A peer passes on only what it has from peers that it lets into the application,
	// so nothing of the others gets in.
	if !t.mesh.allows(from, t.application) {
		t.mesh.refuseApplication(from, t.application)
		return pubsub.ValidationReject
	}
	message, err := verify(t.name, msg.Data, t.mesh.o.Verify)
	if err != nil {
		t.cutOff(from, err) // who passes such a thing on has not verified it
		return pubsub.ValidationReject
	}
	msg.ValidatorData = message
	return pubsub.ValidationAccept
}
