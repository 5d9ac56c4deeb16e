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

// dial connects to a seed and waits until it is a member of one of the node's
// applications, for greeting at most. It is a discovery.DialFunc.
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
	for {
		_, changed := n.topic.Watch()
		if n.has(id) {
			return id, nil
		}
		if len(n.others) > 0 {
			again = time.After(greeting / 20)
		}
		select {
		case <-changed:
		case <-again:
		case <-greeted.Done():
			return id, n.notMember(ctx, id)
		}
	}
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
