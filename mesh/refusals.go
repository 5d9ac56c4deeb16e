package mesh

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/signalmesh/signalmesh/mesh/admission"
)

const (
	// refusalsEvery is how often one peer's refusals for one reason are logged, so
	// that nobody fills a disk by knocking.
	refusalsEvery = time.Minute
	// maxRefusals bounds the peers whose refusals are told apart.
	maxRefusals = 1024
)

// refusals counts and logs who was refused, and who refused us.
type refusals struct {
	logger *slog.Logger

	mu     sync.Mutex
	counts map[admission.Reason]uint64
	told   map[refusal]time.Time
	denied map[peer.ID]denial // the last one of each peer
}

// A denial is a refusal of an application, after the connection was made.
type denial struct {
	refusal *admission.Refusal
	at      time.Time
}

// A refusal is what is logged once in a while.
type refusal struct {
	who    string
	reason admission.Reason
	byPeer bool
}

func newRefusals(l *slog.Logger) *refusals {
	return &refusals{logger: l, counts: map[admission.Reason]uint64{}, told: map[refusal]time.Time{}, denied: map[peer.ID]denial{}}
}

// count counts err if it is a refusal.
func (r *refusals) count(err error) {
	var refused *admission.Refusal
	if errors.As(err, &refused) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.counts[refused.Reason]++
	}
}

// log tells of a refusal of peer, unless who, such as its address without the port,
// was told of a while ago.
func (r *refusals) log(peer, who string, err error) {
	var refused *admission.Refusal
	if !errors.As(err, &refused) {
		r.logger.Debug("handshake not finished", "peer", peer, "err", err)
		return
	}
	if r.news(refusal{who, refused.Reason, refused.ByPeer}, time.Now()) {
		r.logger.Warn("peer "+refused.Error(), "peer", peer, "reason", refused.Reason.String())
	}
}

// logDial tells of a member that was dialled in vain because of a refusal.
func (r *refusals) logDial(info peer.AddrInfo, err error) {
	if err = plain(err); errors.Is(err, ErrRefused) {
		r.log(fmt.Sprint(info.Addrs), info.ID.String(), err)
	}
}

// news tells whether what happened has not been told lately.
func (r *refusals) news(what refusal, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if last, told := r.told[what]; told && now.Sub(last) < refusalsEvery {
		return false
	}
	if len(r.told) >= maxRefusals {
		for old, at := range r.told {
			if now.Sub(at) >= refusalsEvery {
				delete(r.told, old)
			}
		}
		if len(r.told) >= maxRefusals {
			return false
		}
	}
	r.told[what] = now
	return true
}

func (r *refusals) counted(reason admission.Reason) uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.counts[reason]
}

// deny notes that an application was refused between this node and p. The peers
// are maxRefusals at most; those of more than refusalsEvery ago are forgotten first.
func (r *refusals) deny(p peer.ID, refused *admission.Refusal, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.denied) >= maxRefusals {
		maps.DeleteFunc(r.denied, func(_ peer.ID, d denial) bool { return now.Sub(d.at) >= refusalsEvery })
	}
	if _, known := r.denied[p]; known || len(r.denied) < maxRefusals {
		r.denied[p] = denial{refused, now}
	}
}

// Denied returns the last refusal of an application between this node and a peer, if
// it was less than a minute ago; otherwise nil. Admission happens before: Dial returns
// its refusals.
func (m *Mesh) Denied(peerID string) *admission.Refusal {
	id, err := peer.Decode(peerID)
	if err != nil {
		return nil
	}
	r := m.secure.refused
	r.mu.Lock()
	defer r.mu.Unlock()
	d, ok := r.denied[id]
	if !ok || time.Since(d.at) >= refusalsEvery {
		return nil
	}
	return d.refusal
}
