package stack

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"sync"

	"github.com/libp2p/go-libp2p/core/crypto"
)

// rememberedChecks is how many results are remembered at least: those of a few seconds
// in a mesh of some hundreds of nodes.
const rememberedChecks = 1 << 14

// A verified remembers which messages of the topic were signed by whom they say. A
// message reaches every node, and each checks it, which is the same computation every time.
type verified struct {
	mu           sync.Mutex
	newer, older map[[sha256.Size]byte]bool
}

func newVerified() *verified { return &verified{newer: map[[sha256.Size]byte]bool{}} }

// verify is key.Verify. It computes only what it does not remember.
func (v *verified) verify(key crypto.PubKey, message, signature []byte) (bool, error) {
	raw, err := key.Raw()
	if err != nil {
		return false, fmt.Errorf("tell one key from another: %w", err)
	}
	question := digest(raw, signature, message)
	if valid, ok := v.recall(question); ok {
		return valid, nil
	}
	valid, err := key.Verify(message, signature)
	if err != nil {
		return false, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.newer) >= rememberedChecks {
		v.older, v.newer = v.newer, make(map[[sha256.Size]byte]bool, rememberedChecks)
	}
	v.newer[question] = valid
	return valid, nil
}

func (v *verified) recall(question [sha256.Size]byte) (valid, ok bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if valid, ok = v.newer[question]; !ok {
		valid, ok = v.older[question]
	}
	return valid, ok
}

// digest names a list of texts, so that no two lists have the same name.
func digest(texts ...[]byte) (sum [sha256.Size]byte) {
	h := sha256.New()
	for _, t := range texts {
		var length [8]byte
		binary.BigEndian.PutUint64(length[:], uint64(len(t)))
		_, _ = h.Write(length[:]) // a hash takes everything
		_, _ = h.Write(t)
	}
	h.Sum(sum[:0])
	return sum
}
