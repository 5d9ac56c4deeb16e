package node

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/signalmesh/signalmesh/discovery"
	"github.com/signalmesh/signalmesh/mesh"
)

// DefaultJoinTimeout is the default of Options.JoinTimeout.
const DefaultJoinTimeout = mesh.DefaultJoinTimeout

// Ready returns a channel that is closed when the node has joined the mesh: from then on
// it and every server that was ready before receive each other's messages, for each
// application of the node. A node that is alone is ready, too. One that every server
// refused is not, unless Options.ReadyWhenRefused. The channel stays closed whatever
// happens later; see Readiness for whether clients should be sent to the node.
func (n *Node) Ready() <-chan struct{} { return n.ready }

// watchJoining passes the verdict on the seeds to the applications, and closes n.ready
// when all applications have joined. It ends with the node.
func (n *Node) watchJoining() {
	ctx, cancel := context.WithCancel(context.Background())
	var watching sync.WaitGroup
	watching.Go(func() {
		if n.watchContact(ctx) && n.watchJoined(ctx) {
			close(n.ready)
			n.log.Info("ready: joined the mesh", "servers", n.topic.Alive(), "after", time.Since(n.started).Round(time.Millisecond))
		}
	})
	n.opened(func() error {
		cancel()
		watching.Wait()
		return nil
	})
}

// watchContact passes the verdict of the seed loop to the applications until the verdict
// is final.
func (n *Node) watchContact(ctx context.Context) (ended bool) {
	for {
		c, changed := n.loop.Contact()
		switch {
		case c.Verdict == discovery.Met, c.Verdict == discovery.Alone, c.Verdict == discovery.Refused && n.o.ReadyWhenRefused:
			for _, a := range n.applications() {
				a.topic.ContactEnded()
			}
			return true
		case c.Verdict == discovery.Refused:
			for _, a := range n.applications() {
				a.topic.ContactRefused()
			}
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return false
		}
	}
}

// watchJoined waits until every application has joined.
func (n *Node) watchJoined(ctx context.Context) bool {
	for _, a := range n.applications() {
		select {
		case <-a.topic.Joined():
		case <-ctx.Done():
			return false
		}
	}
	return true
}

// joining returns the servers that the node waits for in order to join, in all of its
// applications.
func (n *Node) joining() []mesh.Pending {
	list := []mesh.Pending{}
	for _, a := range n.applications() {
		list = append(list, a.topic.Joining()...)
	}
	return list
}

// notJoined returns the reasons why the node has not joined the mesh yet; nil if it has.
func (n *Node) notJoined() []string {
	c, _ := n.loop.Contact()
	switch {
	case c.Verdict == discovery.Refused && !n.o.ReadyWhenRefused:
		return c.Reasons
	case closed(n.ready):
		return nil
	case c.Verdict == discovery.Searching:
		return []string{"joining the mesh: dialling " + n.seedNames()}
	}
	return []string{"joining the mesh: waiting for " + pendingText(n.joining())}
}

// seedNames returns the seeds as the operator wrote them, the first ones of many.
func (n *Node) seedNames() string {
	const most = 5
	var names []string
	for _, s := range n.settings.seeds[:min(most, len(n.settings.seeds))] {
		names = append(names, s.String())
	}
	text := strings.Join(names, ", ")
	if more := len(n.settings.seeds) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// pendingText names the servers that are waited for, the first ones of many.
func pendingText(pending []mesh.Pending) string {
	const most = 5
	if len(pending) == 0 {
		return "the first answers"
	}
	var names []string
	for _, p := range pending[:min(most, len(pending))] {
		names = append(names, p.String())
	}
	text := strings.Join(names, ", ")
	if more := len(pending) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// why returns the health in a sentence. For an isolated node that was refused, that is
// the reason of the refusal.
func (n *Node) why(c mesh.Condition) string {
	if found, _ := n.loop.Contact(); c.Health == mesh.Isolated && len(found.Reasons) > 0 {
		return string(c.Health) + ": " + strings.Join(found.Reasons, "; ")
	}
	return c.String()
}
