package node

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/multiformats/go-multiaddr"

	"github.com/signalmesh/signalmesh/discovery"
	"github.com/signalmesh/signalmesh/mesh"
	"github.com/signalmesh/signalmesh/mesh/admission"
)

// greeting is how long a peer that was dialled may take to become a member. A peer of
// another application never becomes one.
const greeting = 2 * time.Second

// A refusal is a discovery.ErrRefused whose text is only the reason.
type refusal struct{ reason string }

func (r refusal) Error() string { return r.reason }

// Is makes every refusal a discovery.ErrRefused.
func (r refusal) Is(target error) bool { return target == discovery.ErrRefused }

// refusalOf returns r as an error of a dial.
func refusalOf(r *admission.Refusal) refusal {
	if r.ByPeer {
		return refusal{r.Why()}
	}
	return refusal{"this server refused it: " + r.Why()}
}

// lateTopic is how long a peer may take to subscribe to the topics of further
// applications once it is a member of one. GossipSub sends all subscriptions of a peer
// in its first message.
const lateTopic = 200 * time.Millisecond

// dial connects to a seed and waits until it is a member of the node's applications, for
// greeting at most. A peer may have only some of them, and one is enough. It is a
// discovery.DialFunc.
func (n *Node) dial(ctx context.Context, addr multiaddr.Multiaddr) (peerID string, err error) {
	id, err := n.mesh.Dial(ctx, addr)
	var refused *admission.Refusal
	switch {
	case errors.Is(err, mesh.ErrSelf):
		return id, discovery.ErrSelf
	case errors.As(err, &refused):
		return id, refusalOf(refused)
	case err != nil:
		return id, err
	}
	greeted, cancel := context.WithTimeout(ctx, greeting)
	defer cancel()
	var again <-chan time.Time // Watch covers one application
	var met time.Time          // when the peer became a member of the first one
	for {
		_, changed := n.topic.Watch()
		some, all := n.membership(id, !met.IsZero() && time.Since(met) >= lateTopic)
		if all {
			return id, nil
		}
		if some && met.IsZero() {
			met = time.Now()
		}
		if len(n.others) > 0 {
			again = time.After(greeting / 200)
		}
		select {
		case <-changed:
		case <-again:
		case <-greeted.Done():
			if !met.IsZero() {
				return id, nil
			}
			return id, n.notMember(ctx, id)
		}
	}
}

// membership reports whether a peer is a member of some of the node's applications, and
// whether it is a member of all that it has. If settled is set, it has only those whose
// topic it has subscribed to.
func (n *Node) membership(peerID string, settled bool) (some, all bool) {
	all = true
	for _, a := range n.applications() {
		switch {
		case a.topic.Has(peerID):
			some = true
		case !settled || a.topic.OnTopic(peerID):
			all = false
		}
	}
	return some, some && all
}

// notMember returns why a peer that is connected did not become a member.
func (n *Node) notMember(ctx context.Context, peerID string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if r := n.mesh.Denied(peerID); r != nil {
		return refusalOf(r)
	}
	application := n.settings.application
	if others := n.mesh.Applications(peerID); len(others) > 0 && !slices.Contains(others, application) {
		return refusal{fmt.Sprintf("that server is in application %s, not in %q; check --app on both", quoteAll(others), application)}
	}
	return refusal{fmt.Sprintf("that server is not in application %q, or does not admit this server to it; check --app on both, and the users that it accepts", application)}
}

// quoteAll returns names in quotes, separated by commas.
func quoteAll(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = strconv.Quote(name)
	}
	return strings.Join(quoted, ", ")
}
